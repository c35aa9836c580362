import { beforeEach, expect, test } from 'vitest';
import { Backups } from '../../../src/history/views/backups.ts';
import type { ManifestEntry } from '../../../src/contracts/manifest.ts';
import { fileEntry, folderEntry, forgeRun, sha256 } from '../records/rig.ts';
import { openRig, signal, type Rig } from '../../storage/rig.ts';
import { containerClient } from '../../support/stored-run.ts';

const [first, second, third] = ['20261121T061001Z-00000001', '20261121T061002Z-00000002', '20261121T061003Z-00000003'];
const [monday, tuesday, wednesday] = ['2026-11-21T06:10:01Z', '2026-11-21T06:10:02Z', '2026-11-21T06:10:03Z'];

let rig: Rig;
let backups: Backups;

beforeEach(async () => {
  rig = await openRig();
  backups = new Backups({ store: rig.store, prefix: '' });
});

const forge = (id: string, startedAt: string, shards: readonly (readonly ManifestEntry[])[], more: object = {}) =>
  forgeRun(rig.direct, { id, shards, manifest: { startedAt, ...more } });

const symlink = (path: string, target: string): ManifestEntry => ({ ...folderEntry(path), kind: 'symlink', target });

const tree = [
  [fileEntry('a%01'), fileEntry('a-b'), folderEntry('a'), fileEntry('a/x')],
  [folderEntry('a/y'), fileEntry('a/y/z.log'), symlink('l', 'a/x')],
  [fileEntry('w.log', { outcome: 'failed', reason: 'EACCES' })],
];

test.each([
  [{}, ['a\u0001', 'a-b', 'a', 'l', 'w.log']],
  [{ path: 'a' }, ['a/x', 'a/y']],
  [{ path: './a/', recursive: true }, ['a/x', 'a/y', 'a/y/z.log']],
  [{ path: 'a/x' }, ['a/x']],
  [{ path: 'a\u0001' }, ['a\u0001']],
  [{ path: 'a%01' }, ['a\u0001']],
  [{ pattern: '**/*.log' }, ['a/y/z.log', 'w.log']],
  [{ pattern: '*.log', path: 'a' }, ['a/y/z.log']],
  [{ pattern: '*.log' }, ['a/y/z.log', 'w.log']],
  [{ pattern: '/*.log' }, ['w.log']],
  [{ pattern: 'z.log' }, ['a/y/z.log']],
  [{ pattern: 'y/' }, ['a/y']],
  [{ pattern: 'x/' }, []],
  [{ pattern: 'a*' }, ['a\u0001', 'a-b', 'a']],
  [{ pattern: 'nothing' }, []],
  [{ recursive: true }, ['a\u0001', 'a-b', 'a', 'a/x', 'a/y', 'a/y/z.log', 'l', 'w.log']],
])('%j lists %j', async (asked, listed) => {
  const manifest = await forge(first, monday, tree);
  const rows = await Array.fromAsync(backups.entries(manifest, asked, signal));
  expect(rows.map(({ path }) => path)).toEqual(listed);
});

test('an entry is told whole, and what the run does not hold with its reason', async () => {
  const manifest = await forge(first, monday, tree);
  const rows = await Array.fromAsync(backups.entries(manifest, {}, signal));
  const [file] = rows;
  expect(file).toEqual({
    path: 'a\u0001',
    encodedPath: 'a%01',
    kind: 'file',
    mode: '0644',
    bytes: 1,
    mtime: new Date(1_795_241_398_534).toISOString(),
    mtimeNs: '1795241398534811810',
    sha256: sha256('a%01'),
    outcome: 'uploaded',
  });
  expect(rows.slice(3)).toMatchObject([
    { path: 'l', kind: 'symlink', target: 'a/x' },
    { path: 'w.log', outcome: 'failed', reason: 'EACCES' },
  ]);
});

test('a time beyond all calendars does no harm', async () => {
  const manifest = await forge(first, monday, [[fileEntry('a', { mtimeNs: '9'.repeat(30) })]]);
  const [row] = await Array.fromAsync(backups.entries(manifest, {}, signal));
  expect(row).toMatchObject({ mtimeNs: '9'.repeat(30) });
  expect(row).not.toHaveProperty('mtime');
});

test('a path that is not there is refused with the nearest folder that is', async () => {
  const manifest = await forge(first, monday, tree);
  const refusal = (path: string) =>
    Array.fromAsync(backups.entries(manifest, { path }, signal)).then(
      () => 'nothing was thrown',
      ({ type, message }: { type: string; message: string }) => `${type}: ${message}`,
    );
  const none = `PathNotFound: Run ${first} of /srv has no path`;
  expect(await refusal('a/y/zz/zz')).toBe(`${none} "a/y/zz/zz": list what is in "a/y", the nearest folder that it has`);
  expect(await refusal('b/c')).toBe(`${none} "b/c": list what is in its root`);
  expect(await refusal('a/../b')).toMatch(/^InvalidInput: path: "a\/\.\.\/b" is not relative to the root/u);
});

test('a folder of a run of many shards is listed from two of them at most', async () => {
  const shards = Array.from({ length: 50 }, (_, at) => {
    const folder = `d${100 + at}`;
    return [folderEntry(folder), ...Array.from({ length: 30 }, (__, i) => fileEntry(`${folder}/${100 + i}`))];
  });
  const manifest = await forge(first, monday, shards);
  const rows = await Array.fromAsync(backups.entries(manifest, { path: 'd125' }, signal));
  expect(rows).toHaveLength(30);
  expect(rig.proxy.requests.filter(({ method }) => method === 'GET').length).toBeLessThanOrEqual(2);
});

// As Node sets 1795241398534811810 in a restore.
const restoredNs = '1795241398534811000';

test('the versions of a path are told once each, with the complete runs that have them', async () => {
  const changed = { sha256: sha256('new'), mtimeNs: '1795241399000000000', size: 3 };
  await forge(first, monday, [[fileEntry('a/x')]]);
  await forge(second, tuesday, [[fileEntry('a/x', { outcome: 'unchanged', mtimeNs: restoredNs }), fileEntry('b')]]);
  await forge(third, wednesday, [[fileEntry('a/x', changed)]]);
  await forge('20261121T061004Z-00000004', '2026-11-21T06:10:04.000Z', [[fileEntry('a/x', { outcome: 'failed' })]]);
  const runs = await backups.completeRuns({}, signal);
  expect(runs.map(({ run }) => run)).toEqual([third, second, first]);
  const rows = await Array.fromAsync(backups.versions(runs, '**/x', signal));
  expect(rows).toMatchObject([
    { path: 'a/x', bytes: 3, sha256: changed.sha256, runs: [third] },
    { path: 'a/x', bytes: 1, sha256: sha256('a/x'), runs: [second, first] },
  ]);
});

test('several roots, a damaged manifest and no run at all are told of', async () => {
  await expect(backups.completeRuns({}, signal)).rejects.toMatchObject({ type: 'RunNotFound' });
  await forge(first, monday, [[fileEntry('a')]]);
  await forge(second, tuesday, [[fileEntry('a')]], { root: '/etc' });
  await expect(backups.completeRuns({}, signal)).rejects.toMatchObject({
    type: 'RunNotFound',
    message: expect.stringContaining('/etc'),
  });
  expect(await backups.completeRuns({ root: '/etc' }, signal)).toMatchObject([{ run: second }]);
  await rig.direct.put(`.durable-backup/@/runs/${third}/manifest.json`, Buffer.from('{}'), { signal });
  await expect(backups.completeRuns({ root: '/etc' }, signal)).rejects.toMatchObject({ type: 'ManifestInvalid' });
});

test('two runs differ in what was added, removed, changed, or is another kind of thing', async () => {
  const before = await forge(first, monday, [
    [fileEntry('gone'), fileEntry('mode'), fileEntry('same', { ctimeNs: '1' }), fileEntry('size')],
    [fileEntry('t'), symlink('to', 'a'), folderEntry('u'), fileEntry('unread')],
  ]);
  const after = await forge(second, tuesday, [
    [fileEntry('mode', { mode: 0o600 }), fileEntry('new'), fileEntry('same', { mtimeNs: restoredNs, etag: '"0x2"' })],
    [fileEntry('size', { sha256: sha256('other'), size: 2 }), fileEntry('t-0'), folderEntry('t'), symlink('to', 'b')],
    [fileEntry('u'), fileEntry('unread', { outcome: 'failed', reason: 'EACCES' })],
  ]);
  const rows = await Array.fromAsync(backups.differences(before, after, signal));
  expect(rows.map(({ change, path, reason }) => [change, path, reason].join(' ').trim())).toEqual([
    'removed gone',
    'attributes mode',
    'added new',
    'content size',
    'added t-0',
    'type t',
    'content to',
    'type u',
    'removed unread EACCES',
  ]);
  expect(rows[1]).toMatchObject({ before: { mode: '0644' }, after: { mode: '0600' } });
  expect(rows[0]).not.toHaveProperty('after');
  expect(await Array.fromAsync(backups.differences(before, before, signal))).toEqual([]);
});

/** A run of one file whose blob holds `stored`, and which says that it holds `said`. */
async function forgeContent(stored: Buffer, said = stored) {
  const etag = await rig.direct.put('srv/a', stored, { signal });
  return forge(first, monday, [[fileEntry('a', { etag, size: said.length, sha256: sha256(said) })]]);
}

test('content comes as it was stored', async () => {
  const bytes = Buffer.alloc(20 * 1024 * 1024, 'content ');
  const { blocks, size } = await backups.content(await forgeContent(bytes), 'a', signal);
  expect(size).toBe(bytes.length);
  expect(Buffer.concat(await Array.fromAsync(blocks)).equals(bytes)).toBe(true);
});

test.each([
  ['small', 100, 0],
  ['large', 20 * 1024 * 1024, 16 * 1024 * 1024],
])('of %s content that is damaged not all comes, and an error instead', async (_, size, given) => {
  const damaged = Buffer.alloc(size, 'content ');
  damaged[size - 1] = 0;
  const manifest = await forgeContent(damaged, Buffer.alloc(size, 'content '));
  const { blocks } = await backups.content(manifest, 'a', signal);
  let read = 0;
  const reading = (async () => {
    for await (const block of blocks) read += block.length;
  })();
  await expect(reading).rejects.toMatchObject({
    type: 'StorageRefused',
    message: expect.stringContaining('corrupt in storage'),
  });
  expect(read).toBe(given);
});

test('content in the archive tier is refused, with what to do about it', async () => {
  const manifest = await forgeContent(Buffer.from('cold'));
  await containerClient(rig.container).getBlobClient('srv/a').setAccessTier('Archive');
  const { blocks } = await backups.content(manifest, 'a', signal);
  await expect(Array.fromAsync(blocks)).rejects.toMatchObject({
    type: 'StorageRefused',
    message: expect.stringMatching(/BlobArchived.*set its tier to Hot or Cool, wait some hours/u),
  });
});

test('what has no content says why', async () => {
  const manifest = await forge(first, monday, tree);
  const refusal = (path: string) => backups.content(manifest, path, signal);
  await expect(refusal('a')).rejects.toMatchObject({
    type: 'InvalidInput',
    message: expect.stringContaining('a directory'),
  });
  await expect(refusal('l')).rejects.toMatchObject({ message: expect.stringContaining('a symlink to "a/x"') });
  await expect(refusal('w.log')).rejects.toMatchObject({ message: expect.stringContaining('EACCES') });
  await expect(refusal('none')).rejects.toMatchObject({ type: 'PathNotFound' });
  const { blocks } = await backups.content(manifest, 'a/x', signal);
  await expect(blocks.next()).rejects.toMatchObject({ message: expect.stringContaining('no longer in storage') });
});

const literal = [
  [
    fileEntry('i.js'),
    folderEntry('pages'),
    fileEntry('pages/[id].js'),
    fileEntry('pages/i.js'),
    fileEntry('x*y'),
    fileEntry('xay'),
  ],
];

test.each([
  ['pages/[id].js', ['pages/[id].js']],
  ['pages/[ip].js', ['pages/i.js']],
  ['pages/*.js', ['pages/[id].js', 'pages/i.js']],
  ['x*y', ['x*y']],
  ['i.js', ['i.js', 'pages/i.js']],
  ['x?y', ['x*y', 'xay']],
  [String.raw`x\*y`, ['x*y']],
])('the pattern %s means the path of exactly that name where the run has one: %j', async (pattern, listed) => {
  const manifest = await forge(first, monday, literal);
  const rows = await Array.fromAsync(backups.entries(manifest, { pattern }, signal));
  expect(rows.map(({ path }) => path)).toEqual(listed);
});

test('in several runs a pattern means the path of exactly that name where one of them has it', async () => {
  const without = await forge(second, tuesday, [[folderEntry('pages'), fileEntry('pages/i.js')]]);
  const versions = (runs: Parameters<Backups['versions']>[0]) =>
    Array.fromAsync(backups.versions(runs, 'pages/[id].js', signal));
  expect((await versions([without])).map(({ path }) => path)).toEqual(['pages/i.js']);
  const manifest = await forge(first, monday, literal);
  expect((await versions([without, manifest])).map(({ path, runs }) => [path, runs])).toEqual([
    ['pages/[id].js', [first]],
  ]);
});
