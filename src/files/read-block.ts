import type { OpenedFile } from './blocking-file.ts';

/** Reads `length` bytes at `position`, or fewer where the file ends first. Never fewer otherwise. */
export async function readBlock(file: OpenedFile, position: number, length: number): Promise<Buffer> {
  const block = Buffer.allocUnsafe(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await file.read(block, filled, length - filled, position + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return block.subarray(0, filled);
}
