import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { mkdir, open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';

const meanSize = 5700;
const filesPerDirectory = 100;
const MiB = 1024 * 1024;
const largeSize = 256 * MiB;

/** Sizes as trees have them: most are small, a few are several times the mean. */
export async function writeSmallFiles(root: string, files: number): Promise<void> {
  const content = Buffer.alloc(meanSize * 20, 'content of a small file\n');
  for (let i = 0; i < files; i += 1) {
    const folder = join(root, folderName(i));
    if (i % filesPerDirectory === 0) await mkdir(folder, { recursive: true });
    // Evenly spread over the exponential distribution; 7,919 is prime, so that neighbours differ.
    const share = (((i * 7919) % files) + 0.5) / files;
    const size = Math.min(Math.round(-Math.log(share) * meanSize), content.length);
    await writeFile(join(folder, `file-${i}.txt`), content.subarray(0, size));
  }
}

/** Files of 256 MiB each, of bytes that do not compress. */
export async function writeLargeFiles(root: string, files: number): Promise<void> {
  await mkdir(root, { recursive: true });
  for (let i = 0; i < files; i += 1) {
    const file = await open(join(root, `large-${i}.bin`), 'w');
    try {
      const part = randomBytes(64 * MiB);
      for (let written = 0; written < largeSize; written += part.length) await file.writeFile(part);
    } finally {
      await file.close();
    }
  }
}

/**
 * Files of 0 to 4 KB, a hundred in each directory or all in one. A call of the system blocks for less time than it takes to hand it to
 * another thread, so this does not.
 */
export async function writeManyFiles(root: string, files: number, isFlat: boolean): Promise<void> {
  const content = Buffer.alloc(4001, 'content of one of many files\n');
  let folder = root;
  await mkdir(root, { recursive: true });
  for (let i = 0; i < files; i += 1) {
    if (!isFlat && i % filesPerDirectory === 0) mkdirSync((folder = join(root, folderName(i))));
    writeFileSync(join(folder, `file-${i}.txt`), content.subarray(0, (i * 7919) % content.length));
    // Lets signals through.
    if (i % 10_000 === 0) await nextTurn();
  }
}

function folderName(file: number): string {
  return `folder-${String(Math.floor(file / filesPerDirectory)).padStart(5, '0')}`;
}
