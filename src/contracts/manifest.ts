import { z } from 'zod';
import type { EncodedPath } from './encoded-path.ts';
import { whySchema, type Filters } from './filters.ts';
import type { Immutable } from './input.ts';
import type { FileSystem, Suspicion } from './suspicion.ts';

/**
 * What became of a path in a run:
 * `uploaded` its bytes were sent; `unchanged` it is as the run before left it; `adopted` the blob already held its bytes; `recorded` it has no bytes (a directory, a symlink);
 * `skipped` it cannot be backed up (a socket, a fifo, a device) or vanished after it was listed;
 * `changed` it never held still while it was read; `failed` it could not be read or stored.
 */
export const outcomes = ['uploaded', 'unchanged', 'adopted', 'recorded', 'skipped', 'changed', 'failed'] as const;

export type Outcome = (typeof outcomes)[number];

/** What a path was when it was listed. `other` is a socket, a fifo or a device. */
export const entryKinds = ['file', 'directory', 'symlink', 'other'] as const;

export type EntryKind = (typeof entryKinds)[number];

/** What has no content and no kind of its own. */
export const specialKinds = ['fifo', 'socket', 'device'] as const;

export type SpecialKind = (typeof specialKinds)[number];

/** Attributes that tell whether a file changed, and that a restore brings back. Times are decimal nanoseconds since 1970. */
export interface FileAttributes {
  /** Bytes. */
  readonly size: number;
  readonly mtimeNs: string;
  readonly ctimeNs: string;
  /** Permission bits, as in `0o644`. */
  readonly mode: number;
}

/** One line of a page: a path that `listFiles` found, in the order of {@link entryKey}. */
export interface PageEntry extends FileAttributes {
  /** Relative to the run's root. */
  readonly path: EncodedPath;
  readonly kind: EntryKind;
  /** What it is where its kind is `other`. */
  readonly special?: SpecialKind;
  /** Where a symlink points, encoded. */
  readonly target?: EncodedPath;
  /** The copy of this page that takes the file along. */
  readonly copy?: number;
  /** Why the path could not be read; the run is then incomplete. */
  readonly error?: string;
  /** Why a symlink was not followed where others are. */
  readonly reason?: string;
  /** What the base run stored of the file. Without `copy` the file is unchanged since, and this is what the run holds. */
  readonly before?: StoredFile;
  /** Whether its size and times are those that the base run noted. */
  readonly asBefore?: true;
}

/** Where a file's content is in storage. */
export interface StoredFile {
  readonly blob: string;
  readonly etag: string;
  /** Of the bytes stored, in hexadecimal. */
  readonly sha256: string;
  /** Bytes. */
  readonly size: number;
}

/** One line of a copy's outcomes. */
export interface FileOutcome extends FileAttributes {
  readonly path: EncodedPath;
  readonly outcome: Outcome;
  readonly blob?: string;
  readonly etag?: string;
  /** Of the bytes stored, in hexadecimal. */
  readonly sha256?: string;
  readonly reason?: string;
  /** Whether another process was busy with the file, so that trying later may succeed. */
  readonly busy?: true;
  /** Times that the file was read. */
  readonly attempts: number;
  /** Whether the next run reads it whatever its size and times say: they may have stayed the same when it was changed. */
  readonly readAgain?: true;
}

/** One line of a manifest shard: what the run holds at a path, and what became of it. */
export interface ManifestEntry extends FileOutcome {
  readonly kind: EntryKind;
  readonly special?: SpecialKind;
  readonly target?: EncodedPath;
}

/** The last write of a run: without it the run is incomplete and nothing is restored from it. Its shards are chained to it by their hashes. */
export interface Manifest {
  readonly format: 1;
  readonly run: string;
  readonly instanceId: string;
  readonly root: string;
  /** Of the root itself, as it was when the run was opened; absent where an earlier version wrote the run. */
  readonly rootAttributes?: FileAttributes;
  readonly prefix: string;
  readonly host: string;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly finishedAt: string;
  /** False when some files failed. */
  readonly complete: boolean;
  readonly files: number;
  readonly bytes: number;
  readonly failed: number;
  readonly skipped: number;
  /** What was backed up of the tree; absent where that was everything but what `.backupignore` files leave out. */
  readonly filters?: Filters;
  /** What those and ignore files left out, a folder with all that is in it counting once; absent when nothing was. */
  readonly excluded?: number;
  /** Blobs of {@link LeftOutRow}: what was left out, but by `include`, in no order; absent where an earlier version made the run, or a part of it. */
  readonly leftOut?: readonly ManifestShard[];
  /** Words that mark the run; absent when there are none. */
  readonly tags?: readonly string[];
  /** What its root was on; absent where the system does not tell. */
  readonly fileSystem?: FileSystem;
  /** Why it may not be what the directory ought to hold; absent when it is as expected. */
  readonly suspect?: Suspicion;
  /** In the order of the paths they hold. */
  readonly shards: readonly ManifestShard[];
  /** SHA-256 of this manifest without the checksum, in hexadecimal. */
  readonly checksum: string;
}

/** Something that a run left out, with all that is in it: no mirror of the run deletes anything there. */
export const leftOutRowSchema = z.object({ path: z.string(), kind: z.enum(entryKinds), why: whySchema });

export type LeftOutRow = Immutable<z.infer<typeof leftOutRowSchema>>;

/** A gzipped NDJSON blob of {@link ManifestEntry}, one per page of the listing. */
export interface ManifestShard {
  readonly blob: string;
  /** Of the gzipped bytes, in hexadecimal. */
  readonly sha256: string;
  readonly entries: number;
  /** How the {@link entryKey} of its first entry begins: at most 500 characters of it, enough to find an entry's shard. */
  readonly first: string;
}

/** Orders a listing: by path, a directory as if its name ended in `/`, so that it comes right before what is in it. */
export function entryKey(entry: { readonly path: EncodedPath; readonly kind: EntryKind }): string {
  return entry.kind === 'directory' ? `${entry.path}/` : entry.path;
}

/**
 * Where a listing goes on after a directory that could not be read, whose entry says so: after all that may be in it. Its end is a character that
 * no encoded path holds.
 */
export function afterUnread(key: string): string {
  return `${key}\uffff`;
}

/** The name of what is at a path, with its article. */
export function nameOfKind({ kind, special }: { readonly kind: EntryKind; readonly special?: SpecialKind }): string {
  return kind === 'other' && special === undefined ? 'a socket, fifo or device' : `a ${special ?? kind}`;
}

/** Whether the run holds a content for the entry: that is what a restore writes and a verification checks. */
export function holdsContent(entry: ManifestEntry): entry is ManifestEntry & StoredFile {
  const { kind, outcome, blob, etag, sha256 } = entry;
  const isComplete = blob !== undefined && etag !== undefined && sha256 !== undefined;
  return kind === 'file' && isContentOutcome(outcome) && isComplete;
}

/** Whether a file with this outcome has its content in storage. */
export function isContentOutcome(outcome: Outcome): boolean {
  return outcome === 'uploaded' || outcome === 'unchanged' || outcome === 'adopted';
}

/** When a run began, as its id tells to the second; in ISO 8601. */
export function startOf(id: string): string {
  return id.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z.*$/u, '$1-$2-$3T$4:$5:$6Z');
}
