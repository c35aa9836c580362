import { createHash, hash } from 'node:crypto';
import { closeSync, fchmodSync, ftruncateSync, futimesSync, openSync, writeSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { writeAll } from '../../../files/open-file.ts';
import type { ThreadChoice } from '../../../files/thread-choice.ts';
import { readVersion } from '../../../history/entries/read-version.ts';
import { readChecked, type Content } from '../../../history/entries/read-checked.ts';
import type { BlobStore } from '../../../storage/blob-store.ts';
import type { MemoryBudget } from '../../paged/memory-budget.ts';
import type { RestoreEntry } from '../ledger.ts';
import { mtimeSeconds, restoredMode } from '../target/attributes.ts';
import type { Folder } from '../target/folder.ts';
import { newFile } from '../target/temporaries.ts';
import type { Written } from './put-in-place.ts';

// Nobody else may look into a file before it has its own permissions.
const modeMeanwhile = 0o600;
// A larger file would keep this thread from everything else for long.
const mostSmallBytes = 256 * 1024;
const blockSize = 4 * 1024 * 1024;
const blocksAhead = 3;
// Smaller stretches of zeros are not worth a hole of their own.
const holeBytes = 64 * 1024;
const zeros = Buffer.alloc(holeBytes);

/** Where the content of files comes from. */
interface ContentReader {
  readonly store: BlobStore;
  readonly memory: MemoryBudget;
  readonly signal: AbortSignal;
  readonly onBytes: (bytes: number) => void;
}

/**
 * Writes a file's content and attributes to `temporary`, which must not be there, and makes sure that it outlasts a crash of the
 * machine. Throws an `ExpectedError` when storage does not hold, byte for byte, what the run put there.
 */
export async function writeFileFrom(entry: RestoreEntry, temporary: Buffer, source: ContentReader): Promise<void> {
  const { store, memory, signal, onBytes } = source;
  const release = await memory.take(Math.min(entry.size, blockSize * (blocksAhead + 1)), signal);
  try {
    await inNewFile(temporary, entry, true, async (file) => {
      let isEmpty = true;
      await readChecked(store, entry, signal, async (version) => {
        if (!isEmpty) await file.truncate(0);
        isEmpty = false;
        return writeContent(file, readVersion(store, version, signal, { blockSize, ahead: blocksAhead }), onBytes);
      });
    });
  } finally {
    release();
  }
}

export interface SmallFileWriter extends ContentReader {
  readonly threadChoice: ThreadChoice;
  /** Whether the files of a folder are made to outlast a crash together, before they are put in place, and none by itself. */
  readonly isSyncedTogether: (folder: Folder) => Promise<boolean>;
}

export function isSmall({ kind, size }: RestoreEntry): boolean {
  return kind === 'file' && size <= mostSmallBytes;
}

/** Writes a file that fits in memory, as {@link writeFileFrom} does, but nothing before its content is there and right. */
export async function writeSmall(
  folder: Folder,
  { entry, temporary }: Written,
  writer: SmallFileWriter,
): Promise<void> {
  const { store, memory, signal, threadChoice, onBytes } = writer;
  const release = await memory.take(entry.size, signal);
  try {
    const { bytes } = await readChecked(store, entry, signal, async ({ size, name, ...state }) =>
      contentOf(await store.read(name, { from: 0, to: size, ...state }, signal)),
    );
    onBytes(bytes.length);
    const location = folder.at(temporary);
    const isTogether = await writer.isSyncedTogether(folder);
    const disk = await folder.disk?.();
    // One that is held open is the right one, wherever it is by now.
    if (disk === undefined) await folder.check();
    if (!isTogether || disk?.isLocal !== true || !(await threadChoice.isForThread())) {
      return await makeSmallFileInPool(location, bytes, entry, !isTogether);
    }
    const began = performance.now();
    makeSmallFile(location, bytes, entry);
    threadChoice.onDone(performance.now() - began);
  } finally {
    release();
  }
}

function contentOf(bytes: Buffer): Content & { readonly bytes: Buffer } {
  return { bytes, size: bytes.length, sha256: hash('sha256', bytes) };
}

/** Makes a small file with its attributes in this thread. The system may still lose it in a crash of the machine. */
export function makeSmallFile(location: Buffer, content: Buffer, entry: RestoreEntry): void {
  const file = openSync(location, newFile, modeMeanwhile);
  try {
    let end = 0;
    for (const { from, to } of stretchesOfData(content)) {
      for (end = from; end < to;) end += writeSync(file, content, end, to - end, end);
    }
    if (end < content.length) ftruncateSync(file, content.length);
    futimesSync(file, Date.now() / 1000, mtimeSeconds(entry));
    fchmodSync(file, restoredMode(entry));
  } finally {
    closeSync(file);
  }
}

/** Makes a small file with its attributes in the pool; it outlasts a crash of the machine if that is asked for. */
export function makeSmallFileInPool(
  location: Buffer,
  content: Buffer,
  entry: RestoreEntry,
  isDurable: boolean,
): Promise<void> {
  return inNewFile(location, entry, isDurable, async (file) => {
    const end = (await writeBlock(file, content, 0)) ?? 0;
    if (end < content.length) await file.truncate(content.length);
  });
}

/** Makes a file by `write`, and gives it its attributes. */
async function inNewFile(
  location: Buffer,
  entry: RestoreEntry,
  isDurable: boolean,
  write: (file: FileHandle) => Promise<void>,
): Promise<void> {
  const file = await open(location, newFile, modeMeanwhile);
  try {
    await write(file);
    await file.utimes(Date.now() / 1000, mtimeSeconds(entry));
    await file.chmod(restoredMode(entry));
    if (isDurable) await file.sync();
  } finally {
    await file.close();
  }
}

/** Writes blocks to an empty file, one after the other. Long stretches of zeros become holes, as in the sparse file that they may come from. */
async function writeContent(
  file: FileHandle,
  blocks: AsyncIterable<Buffer>,
  onBytes: (bytes: number) => void,
): Promise<Content> {
  const sha256 = createHash('sha256');
  let size = 0;
  let end = 0;
  for await (const block of blocks) {
    sha256.update(block);
    end = (await writeBlock(file, block, size)) ?? end;
    size += block.length;
    onBytes(block.length);
  }
  // A hole at the end was not written.
  if (end < size) await file.truncate(size);
  return { size, sha256: sha256.digest('hex') };
}

/** Writes what is no hole; returns where in the file that ends, undefined where all is a hole. */
async function writeBlock(file: FileHandle, block: Buffer, position: number): Promise<number | undefined> {
  let end: number | undefined;
  for (const { from, to } of stretchesOfData(block)) {
    await writeAll(file, block.subarray(from, to), position + from);
    end = position + to;
  }
  return end;
}

/** Where a block has data between holes. */
function* stretchesOfData(block: Buffer): Generator<{ readonly from: number; readonly to: number }> {
  let start = 0;
  for (let at = 0; at + holeBytes <= block.length; at += holeBytes) {
    if (!zeros.equals(block.subarray(at, at + holeBytes))) continue;
    if (at > start) yield { from: start, to: at };
    start = at + holeBytes;
  }
  if (start < block.length) yield { from: start, to: block.length };
}
