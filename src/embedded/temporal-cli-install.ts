import { chmod, mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { executableName } from './find-on-path.ts';
import { askTemporalVersion, temporalCliVersion } from './temporal-version.ts';

export interface DownloadOptions {
  readonly searchPath: string;
  readonly report: (line: string) => void;
  readonly interactive?: boolean;
}

/** A place to download Temporal's CLI from. */
export interface TemporalCliDownload {
  /** Names the source in messages. */
  readonly name: string;
  /** Puts the program somewhere under `directory`, which is empty, and returns its path. Throws an Error that says why it cannot. */
  readonly fetch: (directory: string, options: DownloadOptions) => Promise<string>;
}

const workPrefix = '.download-';
/** No download lasts this long, ms; what is older was left by a process that was killed. */
const abandonedAfter = 60 * 60_000;

/** Where the cache keeps the pinned version. */
export function temporalCliCachePath(cacheDir: string): string {
  return join(cacheDir, `temporal-${temporalCliVersion}`, executableName('temporal'));
}

/**
 * Downloads the program, checks that it is the pinned version and moves it into the cache in one step: a reader of the cache
 * sees no program or a whole one, also when two processes do this at once. Returns its path in the cache.
 *
 * Throws an Error when the download fails or is not the pinned version; then nothing is left behind.
 */
export async function installTemporalCli(
  source: TemporalCliDownload,
  options: DownloadOptions & { readonly cacheDir: string },
): Promise<string> {
  await mkdir(options.cacheDir, { recursive: true });
  await removeAbandoned(options.cacheDir);
  const work = await mkdtemp(join(options.cacheDir, workPrefix));
  try {
    options.report(`Downloading Temporal's CLI ${temporalCliVersion} (about 45 MB, once) by way of ${source.name} …`);
    const file = await source.fetch(work, options);
    await chmod(file, 0o755);
    await requirePinnedVersion(file);
    return await moveIntoCache(file, temporalCliCachePath(options.cacheDir));
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function requirePinnedVersion(file: string): Promise<void> {
  const answer = await askTemporalVersion(file);
  if ('problem' in answer) throw new Error(answer.problem);
  if (answer.version !== temporalCliVersion) {
    throw new Error(`the download is version ${answer.version}, not ${temporalCliVersion}`);
  }
}

async function moveIntoCache(file: string, target: string): Promise<string> {
  await mkdir(dirname(target), { recursive: true });
  try {
    await rename(file, target);
  } catch (error) {
    // Windows refuses to replace a program that runs: then another process has installed the same version.
    if (!('version' in (await askTemporalVersion(target)))) throw error;
  }
  return target;
}

async function removeAbandoned(cacheDir: string): Promise<void> {
  for (const name of await readdir(cacheDir)) {
    if (!name.startsWith(workPrefix)) continue;
    const directory = join(cacheDir, name);
    const made = await stat(directory)
      .then(({ mtimeMs }) => mtimeMs)
      .catch(() => Infinity);
    if (Date.now() - made > abandonedAfter) await rm(directory, { recursive: true, force: true });
  }
}
