import { open } from 'node:fs/promises';
import { readVersion } from '../../../history/entries/read-version.ts';
import { readChecked } from '../../../history/records/read-checked.ts';
import type { BlobStore } from '../../../storage/blob-store.ts';
import type { MemoryBudget } from '../../paged/memory-budget.ts';
import type { RestoreEntry } from '../rows.ts';
import { mtimeSeconds, restoredMode } from './file-attributes.ts';
import { modeMeanwhile, newFile } from './new-file.ts';
import { writeContent } from './write-content.ts';

const blockSize = 4 * 1024 * 1024;
const blocksAhead = 3;

/** Where the content of files comes from. */
export interface ContentReader {
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
    const file = await open(temporary, newFile, modeMeanwhile);
    try {
      let isEmpty = true;
      await readChecked(store, entry, signal, async (version) => {
        if (!isEmpty) await file.truncate(0);
        isEmpty = false;
        return writeContent(file, readVersion(store, version, signal, { blockSize, ahead: blocksAhead }), onBytes);
      });
      await file.utimes(Date.now() / 1000, mtimeSeconds(entry));
      await file.chmod(restoredMode(entry));
      await file.sync();
    } finally {
      await file.close();
    }
  } finally {
    release();
  }
}
