import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { writeAll } from '../../../files/open-file.ts';
import type { Content } from '../../../history/records/read-checked.ts';

// Smaller stretches of zeros are not worth a hole of their own.
const holeBytes = 64 * 1024;
const zeros = Buffer.alloc(holeBytes);

/** Writes blocks to an empty file, one after the other. Long stretches of zeros become holes, as in the sparse file that they may come from. */
export async function writeContent(
  file: FileHandle,
  blocks: AsyncIterable<Buffer>,
  onBytes: (bytes: number) => void,
): Promise<Content> {
  const hash = createHash('sha256');
  let size = 0;
  let end = 0;
  for await (const block of blocks) {
    hash.update(block);
    for (const { from, to } of stretchesOfData(block)) {
      await writeAll(file, block.subarray(from, to), size + from);
      end = size + to;
    }
    size += block.length;
    onBytes(block.length);
  }
  // A hole at the end was not written.
  if (end < size) await file.truncate(size);
  return { size, sha256: hash.digest('hex') };
}

/** Where a block has data between holes. */
export function* stretchesOfData(block: Buffer): Generator<{ readonly from: number; readonly to: number }> {
  let start = 0;
  for (let at = 0; at + holeBytes <= block.length; at += holeBytes) {
    if (!zeros.equals(block.subarray(at, at + holeBytes))) continue;
    if (at > start) yield { from: start, to: at };
    start = at + holeBytes;
  }
  if (start < block.length) yield { from: start, to: block.length };
}
