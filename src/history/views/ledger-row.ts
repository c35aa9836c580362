import { displayPath, type EncodedPath } from '../../contracts/encoded-path.ts';

/** What became of one path in a run, a restore or a verification. */
export interface LedgerRow {
  /** For people: bytes that are no UTF-8 are replaced. */
  readonly path: string;
  /** The exact path. */
  readonly encodedPath: EncodedPath;
  readonly kind?: string;
  readonly outcome: string;
  /** Times that the file was read. */
  readonly attempts?: number;
  /** Its size; of what has one. */
  readonly bytes?: number;
  /** Of the bytes stored, in hexadecimal. */
  readonly sha256?: string;
  readonly reason?: string;
}

/** A line of any ledger in storage, as far as it has these members. */
export interface StoredRow {
  readonly path: EncodedPath;
  readonly outcome: string;
  readonly kind?: string;
  readonly attempts?: number;
  readonly size?: number;
  readonly sha256?: string;
  readonly reason?: string;
}

export function ledgerRow({ path, outcome, kind, attempts, size, sha256, reason }: StoredRow): LedgerRow {
  return {
    path: displayPath(path),
    encodedPath: path,
    ...(kind !== undefined && { kind }),
    outcome,
    ...(attempts !== undefined && { attempts }),
    ...(size !== undefined && (kind === undefined || kind === 'file') && { bytes: size }),
    ...(sha256 !== undefined && { sha256 }),
    ...(reason !== undefined && { reason }),
  };
}
