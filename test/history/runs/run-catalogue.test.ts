import { describe, expect, test } from 'vitest';
import { completeRuns, choosableRuns, findRun, listRuns } from '../../../src/history/runs/run-catalogue.ts';
import { markForgotten } from '../../../src/history/runs/forgotten.ts';
import { lastRuns } from '../../../src/history/runs/last-runs.ts';
import type { BlobStore } from '../../../src/storage/blob-store.ts';
import { runLayout } from '../../../src/storage/run-layout.ts';
import { openRig, rejection, signal } from '../../storage/rig.ts';
import { forgeRun } from '../records/rig.ts';

const prefix = 'hosts/';

interface Told {
  readonly root?: string;
  readonly complete?: boolean;
}

/** A run that began at `time` within 2026-11-21, and its id. */
async function run(store: BlobStore, time: string, { root = '/srv', complete = true }: Told = {}): Promise<string> {
  const startedAt = `2026-11-21T${time}Z`;
  const id = `${startedAt.replace(/[-:]|\.\d+/gu, '')}-${time.at(-1)}${time.at(-2)}00${time.at(-3)}000`.replace(
    '.',
    '0',
  );
  await forgeRun(store, { prefix, id, manifest: { root, startedAt, complete, failed: complete ? 0 : 1 } });
  return id;
}

/** Leaves what a run leaves that was stopped before its end. */
async function stoppedRun(store: BlobStore, id: string): Promise<string> {
  await store.put(runLayout({ prefix, id }).page(0), Buffer.from('{}'), { signal });
  return id;
}

async function find(store: BlobStore, run: string, root?: string): Promise<string> {
  return (await findRun(store, { prefix, run, ...(root !== undefined && { root }) }, signal)).manifest.run;
}

async function refusal(store: BlobStore, run: string, root?: string): Promise<string> {
  const error = await rejection(find(store, run, root));
  expect(error).toMatchObject({ name: 'ExpectedError', type: 'RunNotFound' });
  return error.message;
}

test('runs are listed newest first, those without a manifest too, and nothing else', async () => {
  const { direct } = await openRig();
  const a = await run(direct, '06:10:03.000');
  const c = await run(direct, '07:00:00.000', { root: '/etc' });
  const b = await stoppedRun(direct, '20261121T061500Z-00000000');
  await direct.put('.durable-backup/hosts/runs/notes/x', Buffer.from('x'), { signal });
  await direct.put('.durable-backup/hosts/runs/file', Buffer.from('x'), { signal });
  await forgeRun(direct, { prefix: 'hosts/b/' });
  expect(await Array.fromAsync(listRuns(direct, prefix, signal))).toEqual([c, b, a]);
  expect(await Array.fromAsync(listRuns(direct, 'none/', signal))).toEqual([]);
});

describe('latest, and a time', () => {
  test('is the complete run that began last, by then', async () => {
    const { direct } = await openRig();
    const first = await run(direct, '06:10:03.250');
    const second = await run(direct, '07:00:00.500');
    await run(direct, '08:00:00.000', { complete: false });
    await stoppedRun(direct, '20261121T090000Z-00000000');
    const times = [
      ['latest', second],
      ['2026-11-21T07:00:00.500Z', second],
      ['2026-11-21T07:00:01Z', second],
      ['2026-11-21T08:30:00Z', second],
      ['2099-01-01T00:00:00Z', second],
      ['2026-11-21T07:00:00.499Z', first],
      ['2026-11-21T07:00:00Z', first],
      ['2026-11-21T06:10:03.25Z', first],
      ['2026-11-21T08:10:03.250+02:00', first],
    ] as const;
    for (const [time, id] of times) expect(await find(direct, time), time).toBe(id);
    expect(await refusal(direct, '2026-11-21T06:10:03.249Z')).toBe(
      'There is no complete backup begun by 2026-11-21T06:10:03.249Z below the prefix "hosts/": list the runs that there are, or make a backup',
    );
  });

  test('tells runs of one second apart by what their manifests say', async () => {
    const { direct } = await openRig();
    const ids = new Map<string, string>();
    for (const milliseconds of ['100', '900', '509', '305']) {
      ids.set(milliseconds, await run(direct, `06:10:03.${milliseconds}`));
    }
    expect([...ids.values()].toSorted().at(-1)).not.toBe(ids.get('900'));
    expect(await find(direct, 'latest')).toBe(ids.get('900'));
    expect(await find(direct, '2026-11-21T06:10:03.600Z')).toBe(ids.get('509'));
    expect(await find(direct, '2026-11-21T06:10:03.305Z')).toBe(ids.get('305'));
  });

  test('is of the root that is given, and asks for one when there are several', async () => {
    const { direct } = await openRig();
    const srv = await run(direct, '06:00:00.000');
    const etc = await run(direct, '07:00:00.000', { root: '/etc' });
    await run(direct, '08:00:00.000', { root: '/home', complete: false });
    expect(await find(direct, 'latest', '/srv')).toBe(srv);
    expect(await find(direct, 'latest', '/etc')).toBe(etc);
    expect(await find(direct, '2026-11-21T06:30:00Z')).toBe(srv);
    expect(await refusal(direct, 'latest')).toBe(
      'There are backups of several directories: name one with root, or --source (/etc, /srv)',
    );
    expect(await refusal(direct, '2026-11-21T06:30:00Z', '/etc')).toContain('no complete backup of /etc begun by');
    expect(await refusal(direct, 'latest', '/s')).toContain('no complete backup of /s below');
  });

  test('is never an incomplete run, which it names', async () => {
    const { direct } = await openRig();
    const id = await run(direct, '06:00:00.000', { complete: false });
    expect(await refusal(direct, 'latest')).toBe(
      `There is no complete backup below the prefix "hosts/": incomplete and suspect ones can be named by their id (${id})`,
    );
  });

  test('is not an older run when the newest manifest cannot be used', async () => {
    const { direct } = await openRig();
    const first = await run(direct, '06:00:00.000');
    const second = await run(direct, '07:00:00.000');
    const { manifest } = runLayout({ prefix, id: second });
    await direct.put(manifest, Buffer.from('{'), { signal });
    const error = await rejection(find(direct, 'latest'));
    expect(error).toMatchObject({ type: 'ManifestInvalid', message: expect.stringContaining(manifest) });
    expect(await find(direct, '2026-11-21T06:30:00Z')).toBe(first);
    const third = await run(direct, '08:00:00.000');
    expect(await find(direct, 'latest')).toBe(third);
    expect(await find(direct, first)).toBe(first);
  });
});

describe('an id', () => {
  test('names a run, complete or not, of any root', async () => {
    const { direct } = await openRig();
    const srv = await run(direct, '06:00:00.000', { complete: false });
    const etc = await run(direct, '07:00:00.000', { root: '/etc' });
    expect(await find(direct, srv)).toBe(srv);
    expect(await find(direct, etc)).toBe(etc);
    expect(await find(direct, etc, '/etc')).toBe(etc);
    expect(await refusal(direct, etc, '/srv')).toContain(`Run ${etc} is a backup of /etc, not of /srv`);
  });

  test('of a run without a manifest says that it is incomplete', async () => {
    const { direct } = await openRig();
    const id = await stoppedRun(direct, '20261121T061500Z-00000000');
    expect(await refusal(direct, id)).toBe(
      `Run ${id} is incomplete, for it is still running or was stopped: wait for its end, or name another run`,
    );
  });

  test('that no run has is answered with the newest there are', async () => {
    const { direct } = await openRig();
    expect(await refusal(direct, '20260101T000000Z-00000000')).toContain('there is none yet');
    const ids: string[] = [];
    for (const hour of [1, 2, 3, 4, 5, 6, 7]) ids.unshift(await stoppedRun(direct, `20261121T0${hour}0000Z-00000000`));
    expect(await refusal(direct, '20260101T000000Z-00000000')).toBe(
      `There is no run "20260101T000000Z-00000000" below the prefix "hosts/": give a run's id, "latest", or a time such as 2026-11-21T06:10:00Z; the newest are ${ids.slice(0, 5).join(', ')}`,
    );
  });

  test('of a damaged run says which blob is', async () => {
    const { direct } = await openRig();
    const id = await run(direct, '06:00:00.000');
    const { manifest } = runLayout({ prefix, id });
    await direct.put(manifest, Buffer.from('{}'), { signal });
    expect(await rejection(find(direct, id))).toMatchObject({
      type: 'ManifestInvalid',
      message: expect.stringContaining(manifest),
    });
  });
});

test.each([
  '',
  'newest',
  'yesterday',
  '2026-11-21',
  '2026-11-21T06:10:00',
  '2026-02-30T06:10:00Z',
  '2026-11-21T25:10:00Z',
  '../20261121T060000Z-00000000',
  '20261121T060000Z-../../x',
  '20261121T060000Z-00000000/manifest',
  '20261121T060000Z-\0',
])('%j names no run, and is put into no name of a blob', async (text) => {
  const { store, direct, proxy } = await openRig();
  const id = await run(direct, '06:00:00.000');
  expect(await refusal(store, text)).toContain(`no run ${JSON.stringify(text)} below the prefix "hosts/"`);
  expect(await refusal(store, text)).toContain(id);
  expect(proxy.requests.map(({ query }) => query.get('comp'))).toEqual(['list', 'list', 'list', 'list']);
});

test('the last run of a root is its newest with a manifest that can be used, complete or not', async () => {
  const { direct } = await openRig();
  const last = async (root: string) => (await lastRuns(direct, { prefix, root }, signal)).base?.run;
  expect(await last('/srv')).toBeUndefined();
  const first = await run(direct, '06:00:00.000');
  const second = await run(direct, '07:00:00.000', { complete: false });
  await run(direct, '08:00:00.000', { root: '/etc' });
  await stoppedRun(direct, '20261121T090000Z-00000000');
  expect(await last('/srv')).toBe(second);
  await direct.put(runLayout({ prefix, id: second }).manifest, Buffer.from('{"format":2}'), { signal });
  expect(await last('/srv')).toBe(first);
  await direct.put(runLayout({ prefix, id: first }).manifest, Buffer.from('{'), { signal });
  expect(await last('/srv')).toBeUndefined();
});

test('a forgotten run is chosen by nothing, and by its id it is said that it was forgotten', async () => {
  const { direct } = await openRig();
  const first = await run(direct, '06:10:03.000');
  const second = await run(direct, '07:00:00.000');
  const at = '2026-11-21T09:00:00.000Z';
  await markForgotten(direct, { prefix, id: second }, { at, reason: 'named' }, signal);
  expect(await find(direct, 'latest')).toBe(first);
  expect(await find(direct, '2026-11-21T08:00:00Z', '/srv')).toBe(first);
  expect((await lastRuns(direct, { prefix, root: '/srv' }, signal)).base?.run).toBe(first);
  expect((await completeRuns(direct, { prefix }, signal)).map((manifest) => manifest.run)).toEqual([first]);
  expect(await choosableRuns(direct, prefix, signal)).toEqual([first]);
  expect(await Array.fromAsync(listRuns(direct, prefix, signal))).toEqual([second, first]);
  const message = `Run ${second} was forgotten at ${at}: name another run, or take that back with \`forget --undo ${second}\` while its data are there`;
  expect(await refusal(direct, second)).toBe(message);
  // Whatever of it is left.
  await direct.put(runLayout({ prefix, id: second }).manifest, Buffer.from('{}'), { signal });
  expect(await refusal(direct, second)).toBe(message);
  await markForgotten(direct, { prefix, id: first }, { at, reason: 'named' }, signal);
  expect(await refusal(direct, 'latest')).toContain('There is no complete backup');
  expect(await lastRuns(direct, { prefix, root: '/srv' }, signal)).toEqual({});
});
