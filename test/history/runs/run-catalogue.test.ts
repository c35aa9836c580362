import { describe, expect, test } from 'vitest';
import { completeRuns, choosableRuns, findRun, listRuns } from '../../../src/history/runs/run-catalogue.ts';
import { markForgotten } from '../../../src/history/runs/forgotten.ts';
import { lastRuns } from '../../../src/history/runs/last-runs.ts';
import type { BlobStore } from '../../../src/storage/blob-store.ts';
import { addFailedBackup } from '../../../src/history/runs/failed-backups.ts';
import { sealedJson } from '../../../src/history/records/manifest-checksum.ts';
import { runLayout, runningBlob } from '../../../src/storage/run-layout.ts';
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

  test('of a run without a manifest says what its marks tell: of what it is, whether it has ended, and what goes on with it', async () => {
    const { direct } = await openRig();
    const id = await stoppedRun(direct, '20261121T061500Z-00000000');
    const root = "/srv/it's";
    const mark = { format: 1, instanceId: 'i', firstRunId: 'f', run: id, root, startedAt: '2026-11-21T06:15:00Z' };
    const begin = (startedAt: string) =>
      direct.put(runningBlob(prefix, root), sealedJson({ ...mark, startedAt }), { signal });
    const backup = "`durable-backup backup '/srv/it'\\''s'`";
    await begin('2026-11-21T06:15:00Z');
    expect(await refusal(direct, id)).toBe(
      `Run ${id} of ${root} has not ended: it is still running, or was cut off. \`durable-backup status\` tells whether it runs, and ${backup} goes on with it`,
    );
    const ended = { at: '2026-11-21T06:20:00Z', instanceId: 'i', execution: 'f', run: id, message: 'gone' };
    await addFailedBackup(direct, { prefix, root }, { ...ended, type: 'RootNotFound' }, signal);
    expect(await refusal(direct, id)).toBe(
      `Run ${id} of ${root} failed at ${ended.at} (RootNotFound: gone), before its end: ${backup} takes over what was copied`,
    );
    await begin('2026-11-21T06:30:00Z');
    expect(await refusal(direct, id)).toContain('has not ended');
    const stopped = { ...ended, at: '2026-11-21T06:40:00Z', execution: 'g', type: 'Canceled' };
    await addFailedBackup(direct, { prefix, root }, stopped, signal);
    expect(await refusal(direct, id)).toContain(`${root} was stopped at ${stopped.at}, before its end: ${backup}`);
  });

  test('that no run has is answered with the newest there are', async () => {
    const { direct } = await openRig();
    expect(await refusal(direct, '20260101T000000Z-00000000')).toContain('there is none yet');
    const ids: string[] = [];
    for (const hour of [1, 2, 3, 4, 5, 6, 7]) ids.unshift(await stoppedRun(direct, `20261121T0${hour}0000Z-00000000`));
    expect(await refusal(direct, '20260101T000000Z-00000000')).toBe(
      `There is no run "20260101T000000Z-00000000" below the prefix "hosts/": give a run's id or an unambiguous beginning of it, latest, a date such as 2026-11-21, or a time such as 2026-11-21T06:10:00Z; the newest are ${ids.slice(0, 5).join(', ')}`,
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

test('a date is the last complete run up to its end, in UTC', async () => {
  const { direct } = await openRig();
  const id = await run(direct, '23:59:59.900');
  expect(await find(direct, '2026-11-21')).toBe(id);
  expect(await find(direct, '2026-11-29')).toBe(id);
  expect(await refusal(direct, '2026-11-20')).toContain('no complete backup begun by 2026-11-20 below');
});

describe('the beginning of an id', () => {
  test('is that id where no other begins so, an incomplete one too', async () => {
    const { direct } = await openRig();
    const first = await run(direct, '06:10:03.000');
    const second = await run(direct, '07:00:00.250', { complete: false });
    for (const text of ['20261121T06', '20261121T061003Z', '20261121T061003Z-', first.slice(0, -3)])
      expect(await find(direct, text), text).toBe(first);
    expect(await find(direct, '20261121T07')).toBe(second);
    expect(await refusal(direct, '20261121T07', '/etc')).toContain(`Run ${second} is a backup of /srv, not of /etc`);
  });

  test('of several is refused with all of them, and of none with what there is', async () => {
    const { direct } = await openRig();
    const first = await run(direct, '06:10:03.000');
    const second = await run(direct, '06:59:00.000');
    expect(await refusal(direct, '20261121T06')).toBe(
      `"20261121T06" is the beginning of 2 ids: give more of the one that is meant (${second}, ${first})`,
    );
    expect(await refusal(direct, '20261122')).toContain('There is no run "20261122" below the prefix "hosts/"');
  });

  test('passes over what was forgotten, and says so where there is nothing else', async () => {
    const { direct } = await openRig();
    const first = await run(direct, '06:10:03.000');
    const second = await run(direct, '06:59:00.000');
    const forget = (id: string) =>
      markForgotten(direct, { prefix, id }, { at: '2026-11-22T00:00:00Z', reason: 'x' }, signal);
    await forget(second);
    expect(await find(direct, '20261121T06')).toBe(first);
    expect(await refusal(direct, '20261121T0659')).toContain(`Run ${second} was forgotten`);
  });
});

test.each([
  '',
  'newest',
  'yesterday',
  '2026-11-31',
  '20261121T0610Z',
  '2026-',
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
  const message = `Run ${second} was forgotten at ${at}: name another run, or take that back with \`durable-backup forget --undo ${second}\` while its data are there`;
  expect(await refusal(direct, second)).toBe(message);
  // Whatever of it is left.
  await direct.put(runLayout({ prefix, id: second }).manifest, Buffer.from('{}'), { signal });
  expect(await refusal(direct, second)).toBe(message);
  await markForgotten(direct, { prefix, id: first }, { at, reason: 'named' }, signal);
  expect(await refusal(direct, 'latest')).toContain('There is no complete backup');
  expect(await lastRuns(direct, { prefix, root: '/srv' }, signal)).toEqual({});
});
