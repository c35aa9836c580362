import { displayPath, type EncodedPath } from '../../contracts/encoded-path.ts';
import type { EntryKind, ManifestEntry, SpecialKind } from '../../contracts/manifest.ts';

/** What a path is in a run. */
export interface EntryState {
  readonly kind: EntryKind;
  /** What it is where its kind is `other`, as far as the run says. */
  readonly special?: SpecialKind;
  /** Permission bits in octal digits: `0644`. */
  readonly mode: string;
  /** Of a file. */
  readonly bytes?: number;
  /** When it was last modified: ISO 8601; absent where the time is beyond that. */
  readonly mtime?: string;
  /** The exact time, in nanoseconds since 1970. */
  readonly mtimeNs: string;
  /** Of the bytes stored, in hexadecimal. */
  readonly sha256?: string;
  /** Where a symlink points, for people. */
  readonly target?: string;
}

/** A path, for people and exactly. */
export interface PathRow {
  /** For people: bytes that are no UTF-8 are replaced. */
  readonly path: string;
  /** The exact path. */
  readonly encodedPath: EncodedPath;
}

/** One path that a run lists. */
export interface EntryRow extends PathRow, EntryState {
  readonly outcome: string;
  /** Why the run does not hold it. */
  readonly reason?: string;
}

export function entryRow(entry: ManifestEntry): EntryRow {
  const { outcome, reason } = entry;
  return { ...pathRow(entry), ...entryState(entry), outcome, ...(reason !== undefined && { reason }) };
}

export function pathRow({ path }: ManifestEntry): PathRow {
  return { path: displayPath(path), encodedPath: path };
}

export function entryState({ kind, special, mode, size, mtimeNs, sha256, target }: ManifestEntry): EntryState {
  const mtime = new Date(Number(BigInt(mtimeNs) / 1_000_000n));
  return {
    kind,
    ...(special && { special }),
    mode: mode.toString(8).padStart(4, '0'),
    ...(kind === 'file' && { bytes: size }),
    ...(!Number.isNaN(mtime.getTime()) && { mtime: mtime.toISOString() }),
    mtimeNs,
    ...(sha256 !== undefined && { sha256 }),
    ...(target !== undefined && { target: displayPath(target) }),
  };
}
