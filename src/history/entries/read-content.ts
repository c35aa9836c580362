import { createHash } from 'node:crypto';
import type { StoredFile } from '../../contracts/manifest.ts';
import type { BlobStore } from '../../storage/blob-store.ts';
import { findVersion } from './find-version.ts';
import { corrupt, notInStorage } from './read-checked.ts';
import { readVersion } from './read-version.ts';

const blocks = { blockSize: 8 * 1024 * 1024, ahead: 2 };

/**
 * The content of a file as a run stored it, block by block. The last block comes once all of them have the SHA-256 of the manifest, so
 * that damaged content never comes whole, and that of a small file not at all. Throws an `ExpectedError` when storage does not hold it.
 */
export async function* readContent(
  store: BlobStore,
  file: StoredFile,
  signal: AbortSignal,
): AsyncGenerator<Buffer, undefined> {
  const version = await findVersion(store, file, signal);
  if (version === undefined) throw notInStorage(file);
  const hash = createHash('sha256');
  let size = 0;
  let held: Buffer | undefined;
  for await (const block of readVersion(store, version, signal, blocks)) {
    if (held) yield held;
    held = block;
    hash.update(block);
    size += block.length;
  }
  const sha256 = hash.digest('hex');
  if (size !== file.size || sha256 !== file.sha256) throw corrupt({ size, sha256 }, file);
  if (held) yield held;
  return undefined;
}
