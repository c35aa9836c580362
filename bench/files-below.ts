import { readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';

/** The regular files of a tree, relative to its root. */
export async function filesBelow(root: string): Promise<string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => relative(root, join(entry.parentPath, entry.name)));
}
