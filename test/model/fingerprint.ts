import { createHash } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import { lstat, readdir, readFile, readlink } from 'node:fs/promises';

/** What a path is. Paths and targets are bytes as latin1 characters. */
export type Node =
  | { readonly kind: 'file'; readonly bytes: Buffer }
  | { readonly kind: 'directory' }
  | { readonly kind: 'symlink'; readonly target: string };

/** By path, all that a restore must bring back, in a form that compares. */
export type Fingerprint = Map<string, string>;

/** Times to the microsecond, which is what Node can set. A symlink's mode means nothing. */
export function fingerprintOf(node: Node, { mode, mtimeNs }: BigIntStats): string {
  const time = `modified ${mtimeNs / 1000n}`;
  const permissions = (mode & 0o7777n).toString(8);
  switch (node.kind) {
    case 'file':
      return `file of ${node.bytes.length} bytes, ${createHash('sha256').update(node.bytes).digest('hex')}, ${permissions}, ${time}`;
    case 'directory':
      return `directory, ${permissions}, ${time}`;
    case 'symlink':
      return `symlink to ${node.target}, ${time}`;
  }
}

/** Reads a tree with nothing but Node. */
export async function readFingerprint(root: string): Promise<Fingerprint> {
  const found: Fingerprint = new Map();
  const visit = async (directory: Buffer, prefix: string): Promise<void> => {
    for (const name of await readdir(directory, { encoding: 'buffer' })) {
      const at = Buffer.concat([directory, Buffer.from('/'), name]);
      const path = `${prefix}${name.toString('latin1')}`;
      const stats = await lstat(at, { bigint: true });
      found.set(path, fingerprintOf(await nodeAt(at, stats), stats));
      if (stats.isDirectory()) await visit(at, `${path}/`);
    }
  };
  await visit(Buffer.from(root), '');
  return found;
}

async function nodeAt(at: Buffer, stats: BigIntStats): Promise<Node> {
  if (stats.isDirectory()) return { kind: 'directory' };
  if (stats.isSymbolicLink())
    return { kind: 'symlink', target: (await readlink(at, { encoding: 'buffer' })).toString('latin1') };
  return { kind: 'file', bytes: await readFile(at) };
}

/** The first few paths at which two trees differ, in words. */
export function differences(expected: Fingerprint, found: Fingerprint): string[] {
  const paths = new Set([...expected.keys(), ...found.keys()]);
  return [...paths]
    .filter((path) => expected.get(path) !== found.get(path))
    .slice(0, 10)
    .map(
      (path) =>
        `${JSON.stringify(path)}: expected ${expected.get(path) ?? 'nothing'}, found ${found.get(path) ?? 'nothing'}`,
    );
}
