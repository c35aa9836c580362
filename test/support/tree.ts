import { createCipheriv, createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execFileSync } from 'node:child_process';
import { onTestFinished } from 'vitest';

/** A new directory that goes with the test. A concurrent test must pass the function of its own context. */
export async function temporaryDirectory(whenFinished: typeof onTestFinished = onTestFinished): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'durable-backup-tree-'));
  whenFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

/** Bytes that differ from place to place, so that a block in the wrong place shows; the same for the same seed. */
export function content(size: number, seed = 0): Buffer {
  const key = createHash('md5').update(String(seed)).digest();
  return createCipheriv('aes-128-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(size));
}

/** Writes files of the given sizes below `root`; a name may hold folders. */
export async function writeTree(root: string, files: Readonly<Record<string, number>>): Promise<void> {
  let seed = 0;
  for (const [name, size] of Object.entries(files)) {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(join(root, name), content(size, seed++));
  }
}

/** A large file, written piece by piece. */
export async function writeLarge(path: string, size: number): Promise<void> {
  const piece = 16 * 1024 * 1024;
  const file = await open(path, 'w');
  for (let at = 0; at < size; at += piece) await file.write(content(Math.min(piece, size - at), at));
  await file.close();
}

export async function sha256Of(path: string | Buffer): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/** Every regular file below `root` as the system's own `find` sees it: path relative to the root, as bytes in latin1, to size. */
export function findFiles(root: string): Map<string, number> {
  const out = execFileSync('find', [root, '-type', 'f', '-printf', String.raw`%P\0%s\0`], {
    encoding: 'latin1',
    maxBuffer: 2 ** 28,
  });
  const fields = out.split('\0').slice(0, -1);
  const files = new Map<string, number>();
  for (let i = 0; i < fields.length; i += 2) files.set(fields[i] ?? '', Number(fields[i + 1]));
  return files;
}
