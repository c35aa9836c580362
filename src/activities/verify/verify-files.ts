import { createHash } from 'node:crypto';
import { eachConcurrently } from '../../lib/each-concurrently.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import { createCopy, withOutcomes } from '../paged/copy.ts';
import { verificationKind, type FileVerdict, type ListedFile } from './kind.ts';
import { reasonOf } from '../../lib/message-of.ts';
import { findVersion, type Version } from '../../history/entries/find-version.ts';
import { readVersion } from '../../history/entries/read-version.ts';
import { isBlobStoreError, type BlobStore } from '../../storage/blob-store.ts';
import type { MemoryBudget } from '../paged/memory-budget.ts';
import { lookUp } from './look-up.ts';

// Hides the latency of single requests; the memory budget bounds what they hold.
const filesAtOnce = 8;

/**
 * Reads the files of one copy from storage and compares them with the manifest. Storage that is away fails the activity, to be tried again,
 * until the last attempt, when it is an outcome of the file.
 */
export function createVerifyFiles({ store, memory }: ActivityDependencies) {
  return createCopy(store, verificationKind, async (copying) => {
    const { job, entries, progress, signal } = copying;
    const reader = { store, memory, signal, onBytes: (bytes: number) => (progress.bytes += bytes) };
    const verify = withOutcomes(copying, job.options, (file: ListedFile) => verifyContent(reader, file), failed);
    const found: FileVerdict[] = [];
    await eachConcurrently(entries, filesAtOnce, async (file, index) => {
      found[index] = await verify(file);
      progress.files += 1;
    });
    return found;
  });
}

function failed({ path }: ListedFile, error: unknown): FileVerdict {
  return { path, outcome: 'failed', reason: reasonOf(error), attempts: 1 };
}

// What was damaged on the way comes out well the second time.
const reads = 2;

const blockSize = 8 * 1024 * 1024;
const blocksAhead = 2;

/** What reading blobs needs. */
interface ContentReader {
  readonly store: BlobStore;
  readonly memory: MemoryBudget;
  readonly signal: AbortSignal;
  readonly onBytes: (bytes: number) => void;
}

/** What a blob turned out to hold. */
interface Content {
  /** Bytes. */
  readonly size: number;
  readonly sha256: string;
}

/** Reads what storage holds of a file and compares it with what the run stored. Throws when storage fails. */
async function verifyContent(reader: ContentReader, file: ListedFile): Promise<FileVerdict> {
  const { path, size, sha256 } = file;
  for (let attempts = 1; ; attempts += 1) {
    const version = await findVersion(reader.store, file, reader.signal);
    const finding = version === undefined ? await lookUp(reader.store, file, reader.signal) : undefined;
    if (finding) return { path, ...finding, attempts: attempts - 1 };
    const content = version && (await readContent(version, reader, attempts < reads));
    if (content?.size === size && content.sha256 === sha256) return { path, outcome: 'intact', attempts };
    if (content && attempts >= reads)
      return { path, outcome: 'corrupt', reason: differenceOf(content, file), attempts };
  }
}

// A blob that is overwritten or deleted meanwhile is looked up once more: a later run may have kept the content as a snapshot.
async function readContent(version: Version, reader: ContentReader, again: boolean): Promise<Content | undefined> {
  const release = await reader.memory.take(Math.min(version.size, (blocksAhead + 1) * blockSize), reader.signal);
  try {
    return await hashContent(version, reader);
  } catch (error) {
    const isOther = isBlobStoreError(error, 'precondition-failed') || isBlobStoreError(error, 'not-found');
    if (!isOther || !again) throw error;
    return undefined;
  } finally {
    release();
  }
}

async function hashContent(version: Version, { store, signal, onBytes }: ContentReader): Promise<Content> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const block of readVersion(store, version, signal, { blockSize, ahead: blocksAhead })) {
    hash.update(block);
    size += block.length;
    onBytes(block.length);
  }
  return { size, sha256: hash.digest('hex') };
}

function differenceOf(found: Content, file: ListedFile): string {
  return found.size === file.size
    ? `its content has the SHA-256 ${found.sha256} instead of ${file.sha256}`
    : `the blob has ${found.size} bytes instead of ${file.size}`;
}
