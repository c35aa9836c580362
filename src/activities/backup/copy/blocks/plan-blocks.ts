import { createHash } from 'node:crypto';
import type { EncodedPath } from '../../../../contracts/encoded-path.ts';
import type { FileAttributes } from '../../../../contracts/manifest.ts';

const mebibyte = 1024 * 1024;
const usualBlockSize = 8 * mebibyte;
// https://learn.microsoft.com/rest/api/storageservices/put-block-list
const maxBlocks = 50_000;
const maxBlockSize = 4000 * mebibyte;

/** The largest file that a blob can hold; bytes, about 190.7 TiB. */
export const maxBlobBytes = maxBlocks * maxBlockSize;

/** How a file is cut into blocks. Sizes are bytes. */
export interface BlockPlan {
  readonly size: number;
  readonly count: number;
  readonly blockSize: number;
  lengthOf(index: number): number;
  /** Of the same length for every block of every file, as the service wants it. */
  id(index: number): string;
}

/**
 * Plans a file's blocks. The ids tell its path and the state it was seen in, so two attempts at the same content stage the same
 * blocks under the same ids, while another version of the file never mixes with them; `attempt` tells attempts apart where the
 * state does not tell versions apart. Its size is at most {@link maxBlobBytes}.
 */
export function planBlocks(path: EncodedPath, { size, mtimeNs, ctimeNs }: FileAttributes, attempt?: string): BlockPlan {
  const blockSize = Math.max(usualBlockSize, Math.ceil(size / maxBlocks / mebibyte) * mebibyte);
  const identity = createHash('sha256')
    .update(JSON.stringify([path, size, mtimeNs, ctimeNs, blockSize, ...(attempt === undefined ? [] : [attempt])]))
    .digest('hex')
    .slice(0, 32);
  return {
    size,
    count: Math.ceil(size / blockSize),
    blockSize,
    lengthOf: (index) => Math.min(blockSize, size - index * blockSize),
    id: (index) => Buffer.from(identity + String(index).padStart(6, '0')).toString('base64'),
  };
}
