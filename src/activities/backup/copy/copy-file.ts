import { setTimeout as sleep } from 'node:timers/promises';
import { blobName, encodeRoot } from '../../../history/records/blob-names.ts';
import type { Run } from '../../../contracts/backup.ts';
import { decodePath } from '../../../contracts/encoded-path.ts';
import type { FileOutcome, PageEntry } from '../../../contracts/manifest.ts';
import type { ResolveWithin } from '../../../files/confine.ts';
import type { FileSystem } from '../../../files/disks.ts';
import { heldStill, settledState } from '../../../files/file-state.ts';
import { findRoot } from '../../../files/find-root.ts';
import { impatientFile, openedLocation, type OpenedFile, type OpenFile } from '../../../files/open-file.ts';
import { isWithin } from '../../../files/paths.ts';
import { attributesOf } from '../../../files/stat.ts';
import type { BlobStore } from '../../../storage/blob-store.ts';
import type { MemoryBudget } from '../../paged/memory-budget.ts';
import type { ReadInBlocks } from './blocks/read-in-blocks.ts';
import { failed, skipped, unopened, unread } from '../file-outcome.ts';
import { maxBlobBytes } from './blocks/plan-blocks.ts';
import { storeLarge } from './store-large.ts';
import { smallFileBytes, storeSmall, storeBody } from './store-small.ts';
import type { SeenFile, Stored, Target } from './target.ts';

const reads = 3;
const pauseBetweenReads = 100;
const longestRead = 60_000;

const tooLarge = 'larger than the 190.7 TiB that a blob can hold: split it';

export interface CopyContext {
  readonly store: BlobStore;
  readonly run: Run;
  readonly roots: readonly string[];
  /** The run's root with every symlink resolved. */
  readonly realRoot: string;
  readonly memory: MemoryBudget;
  readonly signal: AbortSignal;
  /** Throws when a directory has come to lie outside the root. */
  readonly checkDirectory: (directory: Buffer) => Promise<void>;
  /** Where a path leads, where symlinks are followed; throws when that may not be read. */
  readonly resolve?: ResolveWithin | undefined;
  /** Real paths of the directories that files may lie in. */
  readonly allowed: readonly Buffer[];
  readonly fileSystemOf: (directory: Buffer) => Promise<FileSystem>;
  readonly openFile: OpenFile;
  /** Milliseconds that a read of a file may take that is made up as it is read; a usual time unless given. */
  readonly longestRead?: number;
  readonly readInBlocks: ReadInBlocks;
  /** Whether to expect that the files are in storage already, as after a crash: then each is looked up before it is sent. */
  readonly mayExist: boolean;
  readonly onBytes: (bytes: number) => void;
}

export type FileCopier = (entry: PageEntry) => Promise<FileOutcome>;

/**
 * Makes the function that copies one file: opened once and never through a symlink, stat before and after reading, so that what is
 * stored is what the file held at one moment. Throws when storage fails; what is wrong with the file is an outcome.
 */
export function createFileCopier(context: CopyContext): FileCopier {
  const { prefix, root: named, unchanged = '' } = context.run;
  const root = encodeRoot(named, process.platform);
  // Files near each other tend to be alike: where the last one was there already, the next is looked up before its bytes are sent.
  const expectation = { exists: context.mayExist };
  const lookUp = unchanged.endsWith('look-up');
  const writing = { writer: context.run.id, ownOnly: context.run.besidePrune === true };

  return async (entry) => {
    const { path, before } = entry;
    const name = blobName(prefix, root, path);
    const known = before?.blob === name ? before : undefined;
    const target: Target = { ...context, ...writing, name, path, expectation, lookUp, before: known };
    const asItWas = unchanged === 'look-up' ? await findUnread(entry, target) : undefined;
    return asItWas ?? (await copyByPath(entry, target, context));
  };
}

/** The outcome of a file that is as the base run found it, when storage has it as the base run left it. */
async function findUnread(entry: PageEntry, { before, store, signal }: Target): Promise<FileOutcome | undefined> {
  if (!before || entry.asBefore !== true) return undefined;
  const found = await store.properties(before.blob, signal);
  return found?.etag === before.etag ? unread(entry, before) : undefined;
}

async function copyByPath(entry: PageEntry, target: Target, context: CopyContext): Promise<FileOutcome> {
  const listed = Buffer.concat([Buffer.from(`${context.realRoot}/`), decodePath(entry.path)]);
  let file: OpenedFile;
  let fileSystem: FileSystem;
  try {
    const location = (await context.resolve?.(listed)) ?? listed;
    const directory = location.subarray(0, location.lastIndexOf(0x2f));
    if (!context.resolve) await context.checkDirectory(directory);
    fileSystem = await context.fileSystemOf(directory);
    file = await context.openFile({ location, size: entry.size, isLocal: fileSystem === 'local' });
    // There are files that wait for something to tell, also when they are asked not to.
    if (fileSystem === 'virtual') file = impatientFile(file, context.longestRead ?? longestRead);
  } catch (error) {
    // With its root gone, a file did not just vanish.
    await findRoot(context.run.root, context.roots);
    return unopened(entry, error as NodeJS.ErrnoException);
  }
  try {
    // A folder on the way may have become a symlink since it was looked at.
    const opened = openedLocation(file.fd);
    if (opened && !context.allowed.some((folder) => isWithin(opened, folder)))
      return failed(entry, new Error(`now leads to ${opened.toString()}, outside what may be backed up`), 1);
    return await copyOpened(file, fileSystem, entry, target);
  } finally {
    await file.close();
  }
}

async function copyOpened(
  file: OpenedFile,
  fileSystem: FileSystem,
  entry: PageEntry,
  target: Target,
): Promise<FileOutcome> {
  const { path } = entry;
  for (let attempt = 1; ; attempt += 1) {
    const { stats, mayHideChange } = await settledState(file, fileSystem, target.signal);
    if (!stats.isFile()) return skipped(entry, 'no longer a regular file');
    const attributes = attributesOf(stats);
    const readAgain = mayHideChange && ({ readAgain: true } as const);
    const stored = await readErrorsAsValue(() => store(file, { attributes, mayHideChange }, fileSystem, target));
    if (stored instanceof Error) return failed({ path, ...attributes }, stored, attempt);
    if (stored !== 'changed')
      return { path, ...attributes, blob: target.name, ...stored, ...readAgain, attempts: attempt };
    if (attempt >= reads) {
      const reason = `changed each of the ${reads} times it was read`;
      return { path, ...attributes, outcome: 'changed', reason, busy: true, attempts: attempt };
    }
    await sleep(pauseBetweenReads * attempt, undefined, { signal: target.signal });
  }
}

/** Stores an open file by its size, or, where it yields more or less than that, by what it yields. */
async function store(
  file: OpenedFile,
  seen: SeenFile,
  fileSystem: FileSystem,
  target: Target,
): Promise<Stored | 'changed' | Error> {
  const { size } = seen.attributes;
  if (size > maxBlobBytes) return new Error(tooLarge);
  // Of what is made up as it is read, neither no size tells anything, nor one that nothing has, as that of /proc/kcore.
  if (fileSystem === 'virtual' && (size === 0 || size > mostMisstated))
    return storeMisstated(file, seen, fileSystem, target);
  const stored = await (size <= smallFileBytes ? storeSmall : storeLarge)(file, seen, target);
  return stored === 'misstated' ? storeMisstated(file, seen, fileSystem, target) : stored;
}

// A disk error in the middle of a file is the file's outcome; everything else (storage, cancellation) goes up.
async function readErrorsAsValue(
  store: () => Promise<Stored | 'changed' | Error>,
): Promise<Stored | 'changed' | Error> {
  try {
    return await store();
  } catch (error) {
    if (error instanceof Error && 'syscall' in error && error.syscall === 'read') return error;
    throw error;
  }
}

const mebibyte = 1024 * 1024;
// Some of /proc give all in one read or nothing, and some only an even number of bytes.
const atOnce = mebibyte;
/** More is not read of a file whose size tells nothing: it may have no end. Bytes. */
const mostMisstated = 1024 * mebibyte;

/**
 * Stores a file whose size is not what the system says of it, as in /proc, in /sys and in some file systems of programs: it is read to its
 * end, whatever its size. `changed` means that two reads did not agree, and an error that there is no end to come to.
 */
async function storeMisstated(
  file: OpenedFile,
  { attributes }: SeenFile,
  fileSystem: FileSystem,
  target: Target,
): Promise<Stored | 'changed' | Error> {
  const release = await target.memory.take(2 * smallFileBytes, target.signal);
  try {
    const body = await readStart(file);
    if (body.length <= smallFileBytes) {
      // One read of what is made up as it is read is as good as the next.
      const isSure = fileSystem === 'virtual' || body.equals(await readStart(file));
      if (!isSure || !(await heldStill(file, attributes))) return 'changed';
      return { ...(await storeBody(body, attributes, target)), size: body.length };
    }
  } finally {
    release();
  }
  const size = await measure(file, target.signal);
  if (size > mostMisstated)
    return new Error(
      `its size is told as ${attributes.size} bytes, and it yields more than ${mostMisstated / mebibyte} MiB: exclude it`,
    );
  const stored = await storeLarge(file, { attributes, mayHideChange: true }, target, size);
  return stored === 'changed' || stored === 'misstated' ? 'changed' : { ...stored, size };
}

/** The content of a file, or as much of it as is more than a small one has. */
async function readStart(file: OpenedFile): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(smallFileBytes + atOnce);
  let filled = 0;
  for (let read = 1; read > 0 && filled <= smallFileBytes; filled += read) {
    read = (await file.read(bytes, filled, Math.min(atOnce, bytes.length - filled), filled)).bytesRead;
  }
  return bytes.subarray(0, filled);
}

/** How many bytes a file yields; more than {@link mostMisstated} where it goes on after them. */
async function measure(file: OpenedFile, signal: AbortSignal): Promise<number> {
  const bytes = Buffer.allocUnsafe(atOnce);
  let size = 0;
  for (let read = 1; read > 0 && size <= mostMisstated; size += read) {
    signal.throwIfAborted();
    read = (await file.read(bytes, 0, bytes.length, size)).bytesRead;
  }
  return size;
}
