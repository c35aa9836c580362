import { hash } from 'node:crypto';
import type { FileAttributes } from '../../shared/manifest.ts';
import type { OpenedFile } from './blocking-file.ts';
import { readBlock } from './read-block.ts';
import { heldStill } from './file-state.ts';
import { storeContent } from './store-content.ts';
import { metadataOf, type Stored, type Target } from './target.ts';

/** Stores a file that fits in memory with one request. `changed` means that it did not hold still, and nothing was sent. */
export async function storeSmall(
  file: OpenedFile,
  attributes: FileAttributes,
  target: Target,
): Promise<Stored | 'changed'> {
  const release = await target.memory.take(attributes.size, target.signal);
  try {
    const body = await readBlock(file, 0, attributes.size);
    if (body.length < attributes.size || !(await heldStill(file, attributes))) return 'changed';
    const sha256 = hash('sha256', body);
    const stored = await storeContent(target, { size: body.length, sha256 }, (precondition) =>
      target.store.put(target.name, body, {
        signal: target.signal,
        precondition,
        metadata: metadataOf(attributes, sha256, target.writer),
      }),
    );
    target.onBytes(body.length);
    return stored;
  } finally {
    release();
  }
}
