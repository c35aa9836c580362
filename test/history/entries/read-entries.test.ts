import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { checkWhole } from '../../../src/history/entries/read-below.ts';
import { readEntries } from '../../../src/history/entries/read-entries.ts';
import { comparePaths } from '../../../src/contracts/encoded-path.ts';
import { entryKey, type Manifest, type ManifestEntry } from '../../../src/contracts/manifest.ts';
import type { BlobStore } from '../../../src/storage/blob-store.ts';
import { toNdjson } from '../../../src/storage/ndjson.ts';
import { openRig, rejection, signal } from '../../storage/rig.ts';
import { fileEntry, folderEntry, forgeRun, sha256 } from '../records/rig.ts';

/** What is read before it ends, and what it ends with. */
async function readUntilRefused(store: BlobStore, manifest: Manifest): Promise<{ paths: string[]; error: unknown }> {
  const paths: string[] = [];
  try {
    for await (const { path } of readEntries(store, manifest, {}, signal)) paths.push(path);
  } catch (error) {
    return { paths, error };
  }
  return { paths, error: undefined };
}

const invalid = (blob: string | undefined, message: string) => ({
  name: 'ExpectedError',
  type: 'ManifestInvalid',
  message: expect.stringMatching(new RegExp(`^${RegExp.escape(`${blob}`)}.*${RegExp.escape(message)}`, 'u')),
});

const three = [[folderEntry('a'), fileEntry('a/b')], [fileEntry('a/c'), fileEntry('a0')], [fileEntry('b')]];

test('entries come in order, shard after shard, whole or after a key', async () => {
  const { direct } = await openRig();
  const manifest = await forgeRun(direct, { shards: [...three.slice(0, 1), [], ...three.slice(1), []] });
  const all = three.flat();
  expect(await Array.fromAsync(readEntries(direct, manifest, {}, signal))).toEqual(all);
  for (const after of ['', 'Z', 'a', 'a/', 'a/b', 'a/bb', 'a/c', 'a/zz', 'a0', 'b', 'c']) {
    const rest = all.filter((entry) => comparePaths(entryKey(entry), after) > 0);
    expect(await Array.fromAsync(readEntries(direct, manifest, { after }, signal)), after).toEqual(rest);
  }
});

test('what comes after a key is read from its shard on, and no shard before that', async () => {
  const { store, direct, proxy } = await openRig();
  const manifest = await forgeRun(direct, { shards: three });
  const entries = await Array.fromAsync(readEntries(store, manifest, { after: 'a/c' }, signal));
  expect(entries.map(({ path }) => path)).toEqual(['a0', 'b']);
  const read = proxy.requests.filter(({ method }) => method === 'GET').map(({ path }) => path.split('/').at(-1));
  expect(read).toHaveLength(2);
  expect(new Set(read)).toEqual(new Set(['00000001.ndjson.gz', '00000002.ndjson.gz']));
});

test('keys alike in all that a manifest keeps of them are told apart', async () => {
  const { direct } = await openRig();
  const long = 'x'.repeat(499);
  const paths = ['b', 'c', '😀a', '😀b', '😀c'].map((end) => long + end);
  const manifest = await forgeRun(direct, { shards: paths.map((path) => [fileEntry(path)]) });
  for (const [i, after] of paths.entries()) {
    const rest = await Array.fromAsync(readEntries(direct, manifest, { after }, signal));
    expect(rest.map(({ path }) => path)).toEqual(paths.slice(i + 1));
  }
});

test('a run of nothing has no entries', async () => {
  const { direct } = await openRig();
  for (const shards of [[], [[]]]) {
    const manifest = await forgeRun(direct, { shards });
    expect(await Array.fromAsync(readEntries(direct, manifest, {}, signal))).toEqual([]);
    await checkWhole(direct, manifest, signal);
  }
});

test('one shard is fetched ahead and no more', async () => {
  const { store, direct, proxy } = await openRig();
  const manifest = await forgeRun(direct, { shards: Array.from({ length: 9 }, (_, i) => [fileEntry(String(i))]) });
  const gets = ['00000000', '00000001'].map((page) =>
    proxy.hold(({ method, path }) => method === 'GET' && path.includes(page)),
  );
  const reading = readEntries(store, manifest, {}, signal);
  const first = reading.next();
  await Promise.all(gets.map(({ reached }) => reached));
  expect(proxy.requests).toHaveLength(4);
  for (const { release } of gets) release();
  expect((await first).value).toEqual(fileEntry('0'));
  await reading.return(undefined);
  expect(proxy.requests).toHaveLength(4);
});

test('a signal ends the reading with its reason', async () => {
  const { store, direct, proxy } = await openRig();
  const manifest = await forgeRun(direct, { shards: three });
  const controller = new AbortController();
  const held = proxy.hold(({ method, path }) => method === 'GET' && path.endsWith('00000001.ndjson.gz'));
  const reading = rejection(Array.fromAsync(readEntries(store, manifest, {}, controller.signal)));
  await held.reached;
  const reason = new Error('enough');
  controller.abort(reason);
  expect(await reading).toBe(reason);
  held.release();
});

test('storage that is away is no fault of the manifest', async () => {
  const { store, direct, proxy } = await openRig();
  const manifest = await forgeRun(direct, { shards: three });
  proxy.rule(() => ({ status: 503 }));
  expect(await rejection(Array.fromAsync(readEntries(store, manifest, {}, signal)))).toMatchObject({
    name: 'BlobStoreError',
    kind: 'unavailable',
  });
});

describe('a shard that is not what the manifest says is refused before any of it is used', () => {
  const damage: [string, (bytes: Buffer) => Buffer, string][] = [
    [
      'one bit changed',
      (bytes) => Buffer.concat([bytes.subarray(0, -1), Buffer.from([(bytes.at(-1) ?? 0) ^ 1])]),
      'SHA-256',
    ],
    ['cut', (bytes) => bytes.subarray(0, 40), 'SHA-256'],
    ['emptied', () => Buffer.alloc(0), 'SHA-256'],
    ['added to', (bytes) => Buffer.concat([bytes, gzipSync('{}\n')]), 'SHA-256'],
  ];
  test.each(damage)('%s', async (_, change, message) => {
    const { direct } = await openRig();
    const manifest = await forgeRun(direct, { shards: three });
    const blob = manifest.shards[1]?.blob ?? '';
    await direct.put(blob, change(await direct.read(blob, { from: 0 }, signal)), { signal });
    const { paths, error } = await readUntilRefused(direct, manifest);
    expect(error).toMatchObject(invalid(blob, message));
    expect(paths).toEqual(['a', 'a/b']);
    await expect(checkWhole(direct, manifest, signal)).rejects.toMatchObject(invalid(blob, message));
  });

  test('missing', async () => {
    const { direct } = await openRig();
    const { shards, ...rest } = await forgeRun(direct, { shards: three });
    const [first, second, third] = shards.map((shard) => ({ ...shard }));
    if (second) second.blob = second.blob.replace('00000001', '00000009');
    const manifest = { ...rest, shards: [first, second, third] } as Manifest;
    const { paths, error } = await readUntilRefused(direct, manifest);
    expect(error).toMatchObject(invalid(second?.blob, 'is missing'));
    expect(paths).toEqual(['a', 'a/b']);
  });

  test('swapped with another', async () => {
    const { direct } = await openRig();
    const manifest = await forgeRun(direct, { shards: three });
    const [first = '', second = ''] = manifest.shards.map(({ blob }) => blob);
    const bodies = await Promise.all([first, second].map((blob) => direct.read(blob, { from: 0 }, signal)));
    await direct.put(first, bodies[1] ?? Buffer.alloc(0), { signal });
    await direct.put(second, bodies[0] ?? Buffer.alloc(0), { signal });
    const { paths, error } = await readUntilRefused(direct, manifest);
    expect(error).toMatchObject(invalid(first, 'SHA-256'));
    expect(paths).toEqual([]);
  });
});

/** A run whose hashes fit what its last shard holds, and what its manifest says of that shard put over it. */
async function lie(store: BlobStore, last: readonly ManifestEntry[] | string, said: object = {}): Promise<Manifest> {
  const manifest = await forgeRun(store, { shards: [[fileEntry('a')], last] });
  return { ...manifest, shards: manifest.shards.map((shard, i) => (i === 1 ? { ...shard, ...said } : shard)) };
}

describe('a shard whose hash fits and which no backup writes is refused', () => {
  const line = (entry: object) => `${JSON.stringify(entry)}\n`;
  const b = fileEntry('b');
  test.each<[string, readonly ManifestEntry[] | string, object, string, string[]?]>([
    ['fewer entries than the manifest says', [b], { entries: 2 }, 'holds 1 entries', ['a', 'b']],
    ['more entries than the manifest says', [b, fileEntry('c')], { entries: 1 }, 'more than the 1 entries'],
    ['another first entry than the manifest says', [b], { first: 'c' }, 'begins with b'],
    ['a path twice', [b, b], {}, ', line 2, names a path out of order or twice (b)', ['a', 'b']],
    ['a path of the shard before', [fileEntry('a')], {}, ', line 1, names a path out of order or twice (a)'],
    ['a path from before the shard', [fileEntry('Z')], {}, ', line 1, names a path out of order'],
    ['paths out of order', [fileEntry('c'), b], {}, ', line 2, names a path out of order', ['a', 'c']],
    ['no JSON', `${line(b)}{"path":"c"\n`, {}, ', line 2, is not JSON'],
    ['an empty line', `${line(b)}\n`, {}, ', line 2, is not JSON'],
    [
      'a line that does not end',
      line(b) + JSON.stringify(fileEntry('c')),
      { entries: 2 },
      'ends within a line',
      ['a', 'b'],
    ],
    ['no object', 'null\n', {}, ', line 1, is no entry'],
    [
      'a way out of the target',
      line(fileEntry('c/../../etc/passwd')),
      {},
      ', line 1, is no entry that a backup writes (path: ',
    ],
    ['bytes that are no text', `${line(b).slice(0, -2)},"path":"c\ud800"}\n`, {}, ', line 1, is no entry'],
  ])('%s', async (_, last, said, message, yielded = ['a']) => {
    const { direct } = await openRig();
    const manifest = await lie(direct, last, said);
    const { paths, error } = await readUntilRefused(direct, manifest);
    expect(error).toMatchObject(invalid(manifest.shards[1]?.blob, message));
    expect(paths).toEqual(yielded);
    await expect(checkWhole(direct, manifest, signal)).rejects.toMatchObject(
      invalid(manifest.shards[1]?.blob, message),
    );
  });

  test.each<[string, Buffer, string]>([
    ['no gzip', Buffer.from(line(b)), 'cannot be unpacked'],
    ['half a gzip', gzipSync(toNdjson([b])).subarray(0, -12), 'cannot be unpacked'],
    ['a gzip of endless lines', gzipSync(Buffer.alloc(4 * 1024 * 1024, '\n')), 'line 1, is not JSON'],
  ])('%s', async (_, bytes, message) => {
    const { direct } = await openRig();
    const manifest = await lie(direct, [b], { sha256: sha256(bytes), entries: 1e9 });
    const blob = manifest.shards[1]?.blob ?? '';
    await direct.put(blob, bytes, { signal });
    const { paths, error } = await readUntilRefused(direct, manifest);
    expect(error).toMatchObject(invalid(blob, message));
    expect(paths).toEqual(['a']);
  });
});

test.each(['files', 'bytes', 'failed', 'skipped'] as const)(
  'a manifest whose %s are not those of its entries is refused as a whole',
  async (name) => {
    const { direct } = await openRig();
    const manifest = await forgeRun(direct, { shards: three });
    await checkWhole(direct, manifest, signal);
    const lying = { ...manifest, [name]: manifest[name] + 1 };
    await expect(checkWhole(direct, lying, signal)).rejects.toMatchObject({
      type: 'ManifestInvalid',
      message: expect.stringContaining(`says ${name}: ${lying[name]}, and its entries make ${manifest[name]}`),
    });
  },
);
