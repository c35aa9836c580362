import type { BigIntStats } from 'node:fs';
import { constants, open, type FileHandle } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { decodePath } from '../../shared/encoded-path.ts';
import { blobName, encodeRoot } from '../../shared/blob-name.ts';
import type { FileOutcome, PageEntry } from '../../shared/manifest.ts';
import type { Run } from '../../shared/contract.ts';
import type { BlobStore } from '../../storage/blob-store.ts';
import type { MemoryBudget } from '../memory-budget.ts';
import { attributesOf, reasonOf } from '../walk.ts';
import { storeLarge } from './store-large.ts';
import { storeSmall } from './store-small.ts';
import type { Stored, Target } from './target.ts';

const reads = 3;
const pauseBetweenReads = 100;
const clockTick = 20;

// At this size a file still fits in memory a few times over, and one request beats three.
const smallFileBytes = 8 * 1024 * 1024;

export interface CopyContext {
  readonly store: BlobStore;
  readonly run: Run;
  /** The run's root with every symlink resolved. */
  readonly realRoot: string;
  readonly memory: MemoryBudget;
  readonly signal: AbortSignal;
  /** Throws when a directory has come to lie outside the root. */
  readonly checkDirectory: (directory: Buffer) => Promise<void>;
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
  const root = encodeRoot(context.run.root, process.platform);
  // Files near each other tend to be alike: where the last one was there already, the next is looked up before its bytes are sent.
  const expectation = { exists: context.mayExist };

  return async (entry) => {
    const location = Buffer.concat([Buffer.from(`${context.realRoot}/`), decodePath(entry.path)]);
    const target: Target = {
      ...context,
      name: blobName(context.run.prefix, root, entry.path),
      path: entry.path,
      expectation,
    };
    let file: FileHandle;
    try {
      await context.checkDirectory(location.subarray(0, location.lastIndexOf(0x2f)));
      // O_NONBLOCK: a fifo put in the file's place would otherwise block the open.
      file = await open(location, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    } catch (error) {
      return unreadable(entry, error as NodeJS.ErrnoException);
    }
    try {
      return await copyOpened(file, entry, target);
    } finally {
      await file.close();
    }
  };
}

async function copyOpened(file: FileHandle, entry: PageEntry, target: Target): Promise<FileOutcome> {
  for (let attempt = 1; ; attempt += 1) {
    const before = await settledStat(file, target.signal);
    if (!before.isFile()) return skipped(entry, 'no longer a regular file');
    const attributes = attributesOf(before);
    const store = attributes.size <= smallFileBytes ? storeSmall : storeLarge;
    const stored = await readErrorsAsOutcome(() => store(file, attributes, target));
    if (stored === 'changed') {
      if (attempt >= reads)
        return {
          path: entry.path,
          ...attributes,
          outcome: 'changed',
          reason: `changed each of the ${reads} times it was read`,
          attempts: attempt,
        };
      await sleep(pauseBetweenReads * attempt, undefined, { signal: target.signal });
      continue;
    }
    if ('reason' in stored)
      return { path: entry.path, ...attributes, outcome: 'failed', reason: stored.reason, attempts: attempt };
    return { path: entry.path, ...attributes, blob: target.name, ...stored, attempts: attempt };
  }
}

// The system's clock for file times ticks every few milliseconds. A write within the tick of the last one would not show in
// them, so a file that was written just now is left alone for longer than a tick.
async function settledStat(file: FileHandle, signal: AbortSignal): Promise<BigIntStats> {
  const found = await file.stat({ bigint: true });
  if (Math.abs(Date.now() - Number(found.ctimeMs)) > clockTick) return found;
  await sleep(clockTick, undefined, { signal });
  return file.stat({ bigint: true });
}

// A disk error in the middle of a file is the file's outcome; everything else (storage, cancellation) goes up.
async function readErrorsAsOutcome(
  store: () => Promise<Stored | 'changed'>,
): Promise<Stored | 'changed' | { reason: string }> {
  try {
    return await store();
  } catch (error) {
    if (error instanceof Error && 'syscall' in error && error.syscall === 'read') return { reason: reasonOf(error) };
    throw error;
  }
}

function unreadable(entry: PageEntry, error: NodeJS.ErrnoException): FileOutcome {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return skipped(entry, 'vanished after it was listed');
  if (error.code === 'ELOOP' || error.code === 'ENXIO') return skipped(entry, 'no longer a regular file');
  return { ...outcomeOf(entry), outcome: 'failed', reason: reasonOf(error), attempts: 1 };
}

function skipped(entry: PageEntry, reason: string): FileOutcome {
  return { ...outcomeOf(entry), outcome: 'skipped', reason, attempts: 1 };
}

/** The attributes that a page entry and an outcome share. */
function outcomeOf({ path, size, mtimeNs, ctimeNs, mode }: PageEntry) {
  return { path, size, mtimeNs, ctimeNs, mode };
}
