import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { eachConcurrently } from '../src/lib/each-concurrently.ts';
import { filesBelow } from './files-below.ts';

const readsAtOnce = 16;

/** How many files below `copy` have the content of the file of the same path below `original`. */
export async function countSameFiles(original: string, copy: string): Promise<number> {
  let same = 0;
  await eachConcurrently(await filesBelow(copy), readsAtOnce, async (path) => {
    const [a, b] = await Promise.all([original, copy].map((root) => readFile(join(root, path))));
    if (a && b?.equals(a)) same += 1;
  });
  return same;
}
