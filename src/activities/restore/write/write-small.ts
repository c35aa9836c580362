import { hash } from 'node:crypto';
import type { ThreadChoice } from '../../../files/thread-choice.ts';
import { readChecked, type Content } from '../../../history/records/read-checked.ts';
import type { RestoreEntry } from '../rows.ts';
import type { Folder } from '../target/folder.ts';
import { makeSmallFile, makeSmallFileInPool } from './new-file.ts';
import type { Written } from './put-in-place.ts';
import type { ContentReader } from './write-file.ts';

// A larger one would keep this thread from everything else for long.
const maxBytes = 256 * 1024;

export interface SmallFileWriter extends ContentReader {
  readonly threadChoice: ThreadChoice;
  /** Whether the files of a folder are made to outlast a crash together, before they are put in place, and none by itself. */
  readonly isSyncedTogether: (folder: Folder) => Promise<boolean>;
}

export function isSmall({ kind, size }: RestoreEntry): boolean {
  return kind === 'file' && size <= maxBytes;
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
    // One that is held is the right one, wherever it is by now.
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
