import { hash } from 'node:crypto';
import type { FileAttributes } from '../../../contracts/manifest.ts';
import type { OpenedFile } from '../../../files/open-file.ts';
import { heldStill } from '../../../files/file-state.ts';
import { storeContent } from './store-content.ts';
import { metadataOf, type SeenFile, type Stored, type Target } from './target.ts';

/** At this size a file still fits in memory a few times over, and one request beats three. */
export const smallFileBytes = 8 * 1024 * 1024;

/**
 * Stores a file that fits in memory with one request. `changed` means that it did not hold still, and `misstated` that it did and yet has
 * another length than its size tells; nothing was sent then.
 */
export async function storeSmall(
  file: OpenedFile,
  { attributes }: SeenFile,
  target: Target,
): Promise<Stored | 'changed' | 'misstated'> {
  const { size } = attributes;
  const release = await target.memory.take(size, target.signal);
  try {
    const body = await readTold(file, size);
    if (!(await heldStill(file, attributes))) return 'changed';
    if (body.length !== size) return 'misstated';
    return await storeBody(body, attributes, target);
  } finally {
    release();
  }
}

/** Stores content that is in memory with one request. */
export async function storeBody(body: Buffer, attributes: FileAttributes, target: Target): Promise<Stored> {
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
}

/** Reads a file of `size` bytes: one byte more where it has more, and fewer where it ends before. Costs no read for that. */
async function readTold(file: OpenedFile, size: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(size + 1);
  let filled = 0;
  do {
    const { bytesRead } = await file.read(bytes, filled, bytes.length - filled, filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  } while (filled < size);
  return bytes.subarray(0, filled);
}
