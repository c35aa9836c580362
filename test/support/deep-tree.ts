import { execFileSync } from 'node:child_process';
import { mkdir, open, writeFile, type FileHandle } from 'node:fs/promises';
import { onTestFinished } from 'vitest';
import { temporaryDirectory } from './tree.ts';

/**
 * A new directory with folders of the given names one in the other, deeper than any path could name: each is made by the open one
 * above it. A file `f` lies in each of which `hasFile` says so, by its level from 1 on. Goes with the test.
 */
export async function deepTree(names: readonly string[], hasFile: (level: number) => boolean): Promise<string> {
  const root = await temporaryDirectory();
  // Node's own removal goes by paths.
  onTestFinished(() => void execFileSync('rm', ['-rf', `${root}/${names[0]}`]));
  let above: FileHandle = await open(root);
  for (const [i, name] of names.entries()) {
    const path = `/proc/self/fd/${above.fd}/${name}`;
    await mkdir(path);
    const below = await open(path);
    await above.close();
    above = below;
    if (hasFile(i + 1)) await writeFile(`/proc/self/fd/${above.fd}/f`, `level ${i + 1}`);
  }
  await above.close();
  return root;
}
