import type { EncodedPath } from '../../contracts/encoded-path.ts';
import type { StoredFile } from '../../contracts/manifest.ts';
import {
  type Verification,
  type VerificationOutcome,
  type VerificationTally,
  type VerifiedFile,
  emptyVerificationTally,
  verificationTallyOf,
} from '../../contracts/verification.ts';
import type { PagedKind } from '../paged/kind.ts';

/** What was found of a file. */
export interface Finding {
  readonly outcome: VerificationOutcome;
  readonly reason?: string;
}

/** One line of a verification's page: a file of the run, and what was found of it already, without which a copy reads it. */
export interface ListedFile extends StoredFile {
  readonly path: EncodedPath;
  readonly kind: 'file';
  readonly copy?: number;
  readonly finding?: Finding;
}

/** One line of a copy's outcomes. */
export interface FileVerdict extends Finding {
  readonly path: EncodedPath;
  /** Times that the content was read. */
  readonly attempts: number;
}

/** Of a manifest's entry or a ledger's row, without what else they tell. */
export function listedFile({ path, blob, etag, sha256, size }: Omit<ListedFile, 'kind'>): ListedFile {
  return { path, kind: 'file', blob, etag, sha256, size };
}

export const verificationKind: PagedKind<Verification, ListedFile, FileVerdict, VerifiedFile, VerificationTally> = {
  name: 'verifications',
  needsCopy: () => needsReading,
  isDone: (outcome) => outcome === 'intact',
  rowOf: verifiedFile,
  emptyTally: emptyVerificationTally,
  tallyOf: verificationTallyOf,
};

function needsReading({ finding }: ListedFile): boolean {
  return finding === undefined;
}

function verifiedFile(listed: ListedFile, verdict: FileVerdict | undefined, lost: string): VerifiedFile {
  const { copy: _, finding, ...file } = listed;
  if (verdict) return { ...file, ...verdict };
  if (finding) return { ...file, ...finding, attempts: 0 };
  return { ...file, outcome: 'failed', reason: lost, attempts: 1 };
}
