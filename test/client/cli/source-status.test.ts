import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { basename, join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { beforeEach, expect, inject, onTestFinished, test } from 'vitest';
import type { SourceStatus } from '../../../src/client/sources/source-status.ts';
import type { SourceStatsRow } from '../../../src/client/sources/watched-roots.ts';
import { containerClient } from '../../support/stored-run.ts';
import { writeTree } from '../../support/tree.ts';
import { runCommand, startCommand, rowsIn } from './command.ts';
import { bothSources, openSourcesRig, type SourcesRig } from './sources-rig.ts';

let rig: SourcesRig;

beforeEach(async () => {
  rig = await openSourcesRig();
});

test('status tells of each source and of directories without one', async () => {
  await rig.define(bothSources);
  await rig.backUp('web');
  await writeTree(rig.home, { 'other/x': 1 });
  await rig.backUp('./other');
  const statuses = await rig.rowsOf<SourceStatus>('status');
  expect(
    statuses.map(({ source, root, health, failuresSince }) => [source, basename(root), health, failuresSince]),
  ).toEqual([
    ['web', 'site', 'ok', 0],
    ['photos', 'photos', 'never', 0],
    [null, 'other', 'ok', 0],
  ]);
  expect(statuses[0]).toMatchObject({ lastRun: { state: 'complete' }, running: null, next: null });
  expect((await rig.run('status', '--source', 'web')).stdout.split('\n')).toHaveLength(3);
});

test('status tells what runs now, held back by its own limit, and afterwards that it was stopped', async () => {
  await writeTree(rig.home, { 'slow/a': 300_000, 'slow/b': 300_000 });
  await rig.define('sources: {slow: {root: slow, limits: {uploadLimit: 1KiB}}}');
  const backup = startCommand(['backup', 'slow', '--worker'], { env: rig.env, cwd: rig.home });
  const statusNow = async () => (await rig.rowsOf<SourceStatus>('status'))[0];
  const progress = async () => (await statusNow())?.running?.progress?.files;
  await expect.poll(progress).toBe(1);
  const { running, health, lastRun } = (await statusNow()) ?? {};
  expect([health, lastRun, running?.progress?.totalFiles]).toEqual(['never', null, 2]);
  expect((await rig.run('status')).stdout).toContain('copying, 1 of 2 files');

  backup.child.kill('SIGKILL');
  await backup.ended;
  const connection = await Connection.connect({ address: inject('temporalAddress') });
  onTestFinished(() => connection.close());
  await new Client({ connection }).workflow.getHandle(running?.instanceId ?? '').terminate();
  expect(await statusNow()).toMatchObject({
    health: 'never',
    running: null,
    failuresSince: 1,
    lastRun: { run: running?.run, state: 'unfinished' },
  });
});

/** An address where connections are taken, and nothing is ever said. */
async function silentAddress(): Promise<string> {
  const sockets = new Set<Socket>();
  const silent = createServer((socket) => sockets.add(socket)).listen(0, '127.0.0.1');
  onTestFinished(() => {
    silent.close();
    for (const socket of sockets) socket.destroy();
  });
  await once(silent, 'listening');
  return `127.0.0.1:${(silent.address() as AddressInfo).port}`;
}

test.each([
  ['is not there', () => Promise.resolve('127.0.0.1:1')],
  ['says nothing', silentAddress],
])('status where Temporal %s tells what storage knows, and of Temporal one line', async (_, addressOf) => {
  await rig.define(bothSources);
  await rig.backUp('web');
  const address = await addressOf();
  const { code, stdout, stderr } = await runCommand(['status', '--json'], {
    env: { ...rig.env, TEMPORAL_ADDRESS: address },
    cwd: rig.home,
  });
  expect([code, rowsIn(stdout)]).toEqual([
    0,
    [
      expect.objectContaining({ source: 'web', health: 'ok', running: null }),
      expect.objectContaining({ source: 'photos', health: 'never' }),
    ],
  ]);
  expect(stderr.trimEnd().split('\n')).toEqual([
    expect.stringMatching(new RegExp(`^Temporal does not answer at ${address}: .* is not known\\.$`, 'u')),
  ]);
});

test('stats add up to what is in the container', async () => {
  await rig.define(bothSources);
  await rig.backUp('web');
  await writeFile(join(rig.home, 'site/a.txt'), 'another content');
  await rig.backUp('web');
  await rig.backUp('photos');
  await writeTree(rig.home, { 'other/x': 1 });
  await rig.backUp('./other');
  const { stdout } = await rig.run('stats', '--json');
  const rows = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as SourceStatsRow);
  expect(rows.map(({ source, prefix, root, runs }) => [source, prefix, root && basename(root), runs])).toEqual([
    ['web', 'web/', 'site', 2],
    ['web', 'web/', null, 0],
    ['photos', 'pictures/', 'photos', 1],
    ['photos', 'pictures/', null, 0],
    [null, '', 'other', 1],
    [null, '', null, 0],
  ]);
  expect(rows[0]).toMatchObject({
    newest: { files: 2, bytes: 35 },
    logicalBytes: 65,
    blobs: 2,
    blobBytes: 35,
    snapshots: 1,
    snapshotBytes: 10,
  });
  const sum = rows.reduce(
    (all, { blobBytes, snapshotBytes, dataBytes }) => all + blobBytes + snapshotBytes + dataBytes,
    0,
  );
  expect(sum).toBe(await storedBytes());
  const [one] = (await rig.run('stats', '--source', 'web', '--json')).stdout.trim().split('\n');
  expect(JSON.parse(one ?? '')).toEqual(rows[0]);
  expect((await rig.run('stats')).stdout).toMatch(/RUNS .*\n.* web  .*site\n/u);
});

async function storedBytes(): Promise<number> {
  let sum = 0;
  const versions = containerClient(rig.env.BACKUP_CONTAINER).listBlobsFlat({ includeSnapshots: true });
  for await (const { properties } of versions) sum += properties.contentLength ?? 0;
  return sum;
}

test('nothing is told of a container that nobody made', async () => {
  await rig.define(bothSources);
  expect((await rig.run('stats', '--json')).stdout).toBe('');
  expect((await rig.rowsOf<SourceStatus>('status')).map(({ health }) => health)).toEqual(['never', 'never']);
});
