import { describe, expect, test } from 'vitest';
import { readManifest } from '../../../src/history/records/read-manifest.ts';
import { maxPutBytes } from '../../../src/storage/blob-store.ts';
import { runLayout } from '../../../src/storage/run-layout.ts';
import { block, openRig, signal } from '../../storage/rig.ts';
import { fileEntry, folderEntry, forgeRun, runId } from './rig.ts';

const run = { prefix: '', id: runId };
const blob = runLayout(run).manifest;
const invalid = (message: string) => ({
  name: 'ExpectedError',
  type: 'ManifestInvalid',
  message: expect.stringMatching(new RegExp(`^${RegExp.escape(blob)} .*${RegExp.escape(message)}`, 'u')),
});

test('a manifest is read with the etag of its blob, which lets a write through', async () => {
  const { direct } = await openRig();
  const written = await forgeRun(direct, { shards: [[fileEntry('a'), folderEntry('b')], [fileEntry('c')]] });
  const stored = await readManifest(direct, run, signal);
  expect(stored?.manifest).toEqual(written);
  await direct.put(blob, Buffer.from('x'), { signal, precondition: { etag: stored?.etag ?? '' } });
});

test('a run without a manifest, and one that does not exist, have none', async () => {
  const { direct } = await openRig();
  await direct.put(runLayout(run).page(0), Buffer.from('{}'), { signal });
  expect(await readManifest(direct, run, signal)).toBeUndefined();
  expect(await readManifest(direct, { prefix: 'other/', id: runId }, signal)).toBeUndefined();
});

test('space and what a later version adds do no harm', async () => {
  const { direct } = await openRig();
  const { checksum: _, ...written } = await forgeRun(direct, { shards: [[fileEntry('a')]], manifest: { tags: ['x'] } });
  const text = (await direct.read(blob, { from: 0 }, signal)).toString();
  await direct.put(blob, Buffer.from(JSON.stringify(JSON.parse(text))), { signal });
  const { tags: __, ...known } = written as typeof written & { tags: unknown };
  expect((await readManifest(direct, run, signal))?.manifest).toMatchObject(known);
});

test('a manifest that is overwritten while it is read is read as it came to be', async () => {
  const { store, direct, proxy } = await openRig();
  await forgeRun(direct, { manifest: { failed: 3, complete: false } });
  const held = proxy.hold(({ method }) => method === 'GET');
  const reading = readManifest(store, run, signal);
  await held.reached;
  const later = await forgeRun(direct, {});
  held.release();
  const stored = await reading;
  expect(stored?.manifest).toEqual(later);
  expect(stored?.etag).toBe((await direct.properties(blob, signal))?.etag);
});

describe('what was damaged or altered is refused', () => {
  test('cut at any place', async () => {
    const { direct } = await openRig();
    await forgeRun(direct, { shards: [[fileEntry('a')]] });
    const whole = await direct.read(blob, { from: 0 }, signal);
    for (let length = 0; length < whole.length - 2; length += 37) {
      await direct.put(blob, whole.subarray(0, length), { signal });
      await expect(readManifest(direct, run, signal)).rejects.toMatchObject(invalid('is not JSON'));
    }
  });

  test('any digit or word changed', async () => {
    const { direct } = await openRig();
    await forgeRun(direct, { shards: [[fileEntry('a')]] });
    const whole = (await direct.read(blob, { from: 0 }, signal)).toString();
    const changes = [
      ['"files": 1', '"files": 2'],
      ['"complete": true', '"complete": false'],
      ['"root": "/srv"', '"root": "/etc"'],
      ['"first": "a"', '"first": "b"'],
      ['"entries": 1', '"entries": 0'],
      ['"host": "web-1"', '"host": "web-2"'],
    ] as const;
    for (const [from, to] of changes) {
      expect(whole).toContain(from);
      await direct.put(blob, Buffer.from(whole.replace(from, to)), { signal });
      await expect(readManifest(direct, run, signal), to).rejects.toMatchObject(invalid('its checksum'));
    }
  });

  test.each([
    ['not JSON', 'no manifest at all', 'is not JSON'],
    ['another value', '[1]', 'is not a manifest'],
    ['null', 'null', 'format'],
    ['a string', '"manifest"', 'format'],
    ['no checksum', '{"format":1}', 'run'],
    ['a format as text', '{"format":"1"}', 'format'],
    ['a format of the past', '{"format":0}', 'format'],
  ])('%s', async (_, text, message) => {
    const { direct } = await openRig();
    await direct.put(blob, Buffer.from(text), { signal });
    await expect(readManifest(direct, run, signal)).rejects.toMatchObject(invalid(message));
  });

  test.each([
    ['a huge number of files', { files: 2 ** 60 }, 'files'],
    ['half a file', { files: 0.5 }, 'files'],
    ['less than none', { bytes: -1 }, 'bytes'],
    ['a start that is no time', { startedAt: 'yesterday' }, 'startedAt'],
    ['a start on a day that is not', { startedAt: '2026-02-30T00:00:00.000Z' }, 'startedAt'],
    [
      'a hash that is none',
      { shards: [{ blob: 'x', sha256: 'A'.repeat(64), entries: 1, first: '' }] },
      'shards.0.sha256',
    ],
    ['the run of another', { run: '20261121T061003Z-00000000' }, 'run 20261121T061003Z-00000000'],
    ['the prefix of another', { prefix: 'other/' }, 'prefix "other/"'],
  ])('%s, though its checksum fits', async (_, manifest, message) => {
    const { direct } = await openRig();
    await forgeRun(direct, { manifest });
    await expect(readManifest(direct, run, signal)).rejects.toMatchObject(invalid(message));
  });

  test('a number too large for a number', async () => {
    const { direct } = await openRig();
    await direct.put(blob, Buffer.from('{"format":1e999}'), { signal });
    await expect(readManifest(direct, run, signal)).rejects.toMatchObject(invalid('format'));
    await forgeRun(direct, {});
    const text = (await direct.read(blob, { from: 0 }, signal)).toString();
    await direct.put(blob, Buffer.from(text.replace('"files": 0', `"files": ${'9'.repeat(400)}`)), { signal });
    await expect(readManifest(direct, run, signal)).rejects.toMatchObject(invalid('files'));
  });

  test('values nested deeper than a stack is high', async () => {
    const { direct } = await openRig();
    await forgeRun(direct, {});
    const text = (await direct.read(blob, { from: 0 }, signal)).toString();
    const deep = `"deep":${'['.repeat(200_000)}${']'.repeat(200_000)},`;
    await direct.put(blob, Buffer.from(text.replace('{', `{${deep}`)), { signal });
    await expect(readManifest(direct, run, signal)).rejects.toMatchObject(invalid('its checksum'));
  });

  test('more bytes than a backup writes, before they are read', async () => {
    const { store, direct, proxy } = await openRig();
    const piece = Buffer.alloc(8 * 1024 * 1024, ' ');
    await direct.stageBlock(blob, block('1'), piece, signal);
    await direct.commitBlocks(blob, Array<string>(40).fill(block('1')), { signal });
    expect(40 * piece.length).toBeGreaterThan(maxPutBytes);
    await expect(readManifest(store, run, signal)).rejects.toMatchObject(invalid('335544320 bytes'));
    expect(proxy.requests.map(({ method }) => method)).toEqual(['HEAD']);
  });

  test.each([
    ['of another run', () => runLayout({ prefix: '', id: `${runId}0` }).shard(0)],
    ['outside the system folder', () => 'srv/shard.ndjson.gz'],
    ['of a page that is no shard', () => runLayout(run).page(0)],
  ])('a shard %s', async (_, name) => {
    const { direct } = await openRig();
    const shards = [{ blob: name(), sha256: '0'.repeat(64), entries: 1, first: 'a' }];
    await forgeRun(direct, { manifest: { shards } });
    await expect(readManifest(direct, run, signal)).rejects.toMatchObject(invalid(name()));
  });

  test('shards in another order, or twice', async () => {
    const { direct } = await openRig();
    const { shards } = await forgeRun(direct, { shards: [[fileEntry('a')], [fileEntry('b')]] });
    const [a, b] = shards;
    for (const wrong of [
      [b, a],
      [a, a],
      [a, b, b],
    ]) {
      await forgeRun(direct, { manifest: { shards: wrong } });
      await expect(readManifest(direct, run, signal)).rejects.toMatchObject(invalid('no next shard'));
    }
  });
});

test.each([2, 3, 1000])('format %i asks for an upgrade, whatever else the manifest holds', async (format) => {
  const { direct } = await openRig();
  await direct.put(blob, Buffer.from(JSON.stringify({ format, pages: {} })), { signal });
  await expect(readManifest(direct, run, signal)).rejects.toMatchObject({
    type: 'ManifestTooNew',
    message: `${blob} has format ${format}, and this version knows format 1: upgrade durable-backup to use this run`,
  });
});
