import { fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { access, glob, mkdir, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { siblingModule } from './lib/sibling-module.ts';

const day = 24 * 60 * 60 * 1000;
const sources = fileURLToPath(new URL('.', import.meta.url));
const lockfile = fileURLToPath(new URL('../package-lock.json', import.meta.url));
const bundler = fileURLToPath(siblingModule('bundle-workflows', import.meta.url));
/** Made when the package is built; the sources have none. */
const prebuilt = fileURLToPath(new URL('workflows.bundle.js', import.meta.url));

/**
 * The file of the bundled workflows: the package's own, or one below `cacheDir`, made when the sources have changed since it was made
 * last. It is made in a
 * process of its own: the bundler takes seconds, and some hundred MB that a worker would keep for the rest of its life. Undefined
 * where nothing can be written, or the bundler fails: a worker that bundles for itself shows why.
 */
export async function findWorkflowBundle(cacheDir: string): Promise<string | undefined> {
  if (await exists(prebuilt)) return prebuilt;
  const directory = join(cacheDir, 'workflows');
  const path = join(directory, `${await version()}.js`);
  if (await exists(path)) return path;
  try {
    await mkdir(directory, { recursive: true });
  } catch {
    return undefined;
  }
  const child = fork(bundler, [path], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'], execArgv: [] });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) return undefined;
  await removeOld(directory);
  return path;
}

/** Changes whenever the bundle would. */
async function version(): Promise<string> {
  const hash = createHash('sha256').update(process.versions.node);
  const files = await Array.fromAsync(glob('**/*.ts', { cwd: sources }));
  for (const file of files.sort()) hash.update(`\0${file}\0`).update(await readFile(join(sources, file)));
  // The image has none.
  hash.update(await readFile(lockfile).catch(() => ''));
  return hash.digest('hex').slice(0, 32);
}

// One that was made just now may be about to be read, by a process of another version.
async function removeOld(directory: string): Promise<void> {
  for (const name of await readdir(directory)) {
    const path = join(directory, name);
    const found = await stat(path).catch(() => undefined);
    if (found && Date.now() - found.mtimeMs > day) await rm(path, { force: true });
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch {
    return false;
  }
}
