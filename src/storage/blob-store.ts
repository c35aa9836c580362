/** A blob as a listing or a HEAD shows it. */
export interface BlobProperties {
  readonly name: string;
  readonly etag: string;
  /** Bytes. */
  readonly size: number;
  /** Keys are lower case. */
  readonly metadata: Readonly<Record<string, string>>;
  /** In a tier from which it has to be fetched back, which takes hours, before it can be read or replaced. */
  readonly archived?: true;
}

/** A blob as it is, or a snapshot of it as it was. A snapshot has the etag and the metadata that the blob had when it was taken. */
export interface BlobVersion extends BlobProperties {
  /** Absent for the blob as it is. */
  readonly snapshot?: string;
}

/** What to read of a blob: the bytes from `from` up to but not including `to`, or to the end. `from` lies within the blob. */
export interface BlobRange {
  readonly from: number;
  readonly to?: number;
  /** Reads nothing unless the blob, or the snapshot, has this etag. */
  readonly etag?: string;
  /** Reads this snapshot rather than the blob as it is. */
  readonly snapshot?: string;
}

/** What must be true of the blob for a write to happen; without it the write overwrites whatever is there. */
export type Precondition = { readonly absent: true } | { readonly etag: string };

export interface WriteOptions {
  readonly signal: AbortSignal;
  readonly precondition?: Precondition;
  /** Keys lower-case letters and digits, values printable ASCII: what every Azure endpoint keeps as it is. */
  readonly metadata?: Readonly<Record<string, string>>;
  readonly contentType?: string;
}

/**
 * One container of blobs.
 *
 * The contract, which `test/storage/blob-store.suite.ts` holds every implementation to:
 * - A name is stored exactly as given; one that a URL would rewrite (a `.` or `..` segment) is refused before anything is sent.
 * - `put` and `commitBlocks` are atomic: a reader sees the blob before or after, never a part. Bytes are checked by MD5 on the way.
 * - Each call retries passing faults a few times within seconds and then throws; longer patience is the caller's.
 * - A call may wait before it sends: for a limit on uploads, or because the service is busy. Calls go on in the order of asking.
 * - Each call ends soon after `signal` aborts, by throwing the signal's reason, and by itself when the service does not answer.
 * - Every other failure is a {@link BlobStoreError}.
 */
export interface BlobStore {
  readonly container: string;
  /** Where the container is, for people; holds no secret. */
  readonly url: string;

  /** Creates the container unless it exists. */
  ensureContainer(signal: AbortSignal): Promise<void>;
  /** Writes a whole blob in one request and returns its etag. At most {@link maxPutBytes}. */
  put(name: string, body: Buffer, options: WriteOptions): Promise<string>;
  /**
   * Stages one block; staging the same id again replaces it. Blocks of one blob have ids of equal length. `md5` is that of the body in
   * base64, for who knows it already.
   */
  stageBlock(name: string, blockId: string, body: Buffer, signal: AbortSignal, md5?: string): Promise<void>;
  /** Sizes of the blocks that are staged and not committed, by id; empty when there are none. */
  stagedBlocks(name: string, signal: AbortSignal): Promise<ReadonlyMap<string, number>>;
  /** Makes staged blocks the blob, in order, and returns its etag. */
  commitBlocks(name: string, blockIds: readonly string[], options: WriteOptions): Promise<string>;
  /** Undefined when there is no such blob. */
  properties(name: string, signal: AbortSignal): Promise<BlobProperties | undefined>;
  /**
   * Throws `not-found`; with an etag, `precondition-failed` when the blob's is another, or when there is no blob, as some services say.
   * Where the range is empty nothing is sent or checked.
   */
  read(name: string, range: BlobRange, signal: AbortSignal): Promise<Buffer>;
  /** Blobs whose name starts with `prefix`, in byte order of the names, fetched page by page. */
  list(prefix: string, signal: AbortSignal): AsyncIterable<BlobProperties>;
  /** The same with snapshots: those of a name come right before it, oldest first. */
  listVersions(prefix: string, signal: AbortSignal): AsyncIterable<BlobVersion>;
  /** Names of the folders right below `prefix`, which ends in `/`: without the prefix and the slash, each once, in byte order. */
  listFolders(prefix: string, signal: AbortSignal): AsyncIterable<string>;
  /** Keeps the present content as a read-only snapshot; returns its id. Throws `precondition-failed` when the etag is another. */
  snapshot(name: string, etag: string, signal: AbortSignal): Promise<string>;
  /**
   * Deletes one snapshot, or the blob as it is if it still has this etag and no snapshots: those never go with it. Throws
   * `precondition-failed` when the blob is another by now or has snapshots, and `not-found` when it is gone already, of which some
   * services say the former too unless it was a snapshot. Throws `locked` where somebody keeps it from being deleted.
   */
  delete(version: Pick<BlobVersion, 'name' | 'etag' | 'snapshot'>, signal: AbortSignal): Promise<void>;
}

/** The most that `put` sends in one request; larger content is staged in blocks. Bytes. */
export const maxPutBytes = 256 * 1024 * 1024;

/**
 * Why a call to storage failed:
 * `not-found` no such blob or container; `precondition-failed` the blob is not what the caller said;
 * `locked` a lease, a legal hold or an immutability policy keeps the blob as it is, and asking again soon gives the same answer;
 * `refused` so does it of other reasons (credentials, names, quotas); `unavailable` asking later may succeed.
 */
export type BlobStoreErrorKind = 'not-found' | 'precondition-failed' | 'locked' | 'refused' | 'unavailable';

export class BlobStoreError extends Error {
  override readonly name = 'BlobStoreError';
  readonly kind: BlobStoreErrorKind;

  constructor(kind: BlobStoreErrorKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}

export function isBlobStoreError(error: unknown, kind: BlobStoreErrorKind): error is BlobStoreError {
  return error instanceof BlobStoreError && error.kind === kind;
}
