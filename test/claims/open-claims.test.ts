import { expect, test } from 'vitest';
import { createActivities } from '../../src/activities/index.ts';
import type { BackupInput } from '../../src/contracts/backup.ts';
import { ownerBlob, runningBlob, runLayout } from '../../src/storage/run-layout.ts';
import { writeTree } from '../support/tree.ts';
import { blobBytes, openRig, perform, type Rig } from '../activities/rig.ts';
import { backUpWhole, openWhole } from '../activities/backup/whole-run.ts';

const startedAt = '2026-01-02T03:04:05.678Z';
const checksum = expect.stringMatching(/^[0-9a-f]{64}$/u) as string;

/** The same storage, seen from another machine or another state of Temporal. */
function seenBy(rig: Rig, deps: Partial<Rig['deps']>): Rig {
  const changed = { ...rig.deps, ...deps };
  return { ...rig, deps: changed, activities: createActivities(changed) };
}

async function stored(rig: Rig, name: string): Promise<unknown> {
  return JSON.parse((await blobBytes(rig, name)).toString());
}

/** Opens a run as one attempt of a workflow does. */
async function attempt(rig: Rig, { workflowId = 'nightly', runId = 'run-1', at = startedAt, ...input }: Attempt = {}) {
  const workflowExecution = { workflowId, runId };
  return (await perform(rig.activities.openRun, [{ root: rig.root, ...input }, at], { workflowExecution })).run;
}

interface Attempt extends Partial<BackupInput> {
  readonly workflowId?: string;
  readonly runId?: string;
  readonly at?: string;
}

const running = { isRunning: () => Promise.resolve(true) };

test('the first host to write below a prefix owns it, and another is told whose it is and both ways on', async () => {
  const rig = await openRig();
  await attempt(rig);
  expect(await stored(rig, ownerBlob(''))).toEqual({ format: 1, host: 'web-1', since: startedAt, checksum });
  const other = seenBy(rig, { host: 'web-2' });
  await expect(attempt(other)).rejects.toMatchObject({
    type: 'OwnedByAnother',
    nonRetryable: true,
    message: `The container ${rig.container.containerName} belongs to host web-1, since ${startedAt}: give this host a BACKUP_PREFIX of its own, or take it over with --take-over ("takeOver": true in the input). If this is the same machine under another name, set BACKUP_HOST=web-1.`,
  });
  expect(await stored(rig, ownerBlob(''))).toMatchObject({ host: 'web-1' });
  expect((await attempt(seenBy(other, { prefix: 'hosts/web-2/' }))).prefix).toBe('hosts/web-2/');
});

test('a host that takes a prefix over owns it from then on', async () => {
  const rig = await openRig();
  await attempt(rig);
  const other = seenBy(rig, { host: 'web-2' });
  const at = '2026-02-02T00:00:00.000Z';
  await attempt(other, { takeOver: true, at });
  expect(await stored(rig, ownerBlob(''))).toEqual({ format: 1, host: 'web-2', since: at, checksum });
  await attempt(other);
  await expect(attempt(rig)).rejects.toMatchObject({ type: 'OwnedByAnother' });
});

test('of two hosts that take over at once the later one finds out whom it would take it from', async () => {
  const rig = await openRig();
  const [second, third] = [seenBy(rig, { host: 'web-2' }), seenBy(rig, { host: 'web-3' })];
  const held = rig.proxy.hold(({ method, path }) => method === 'PUT' && path.endsWith('/owner.json'));
  const late = attempt(second);
  await held.reached;
  await attempt(third);
  held.release();
  await expect(late).rejects.toMatchObject({ type: 'OwnedByAnother', message: expect.stringContaining('host web-3') });
});

test('an owner mark that cannot be read is somebody else', async () => {
  const rig = await openRig();
  await rig.container.getBlockBlobClient(ownerBlob('')).uploadData(Buffer.from('{'));
  await expect(attempt(rig)).rejects.toMatchObject({
    type: 'OwnedByAnother',
    message: expect.stringContaining(`a host whose mark cannot be read (${ownerBlob('')}): `),
  });
  await attempt(rig, { takeOver: true });
  expect(await stored(rig, ownerBlob(''))).toMatchObject({ host: 'web-1' });
});

test('a second backup of a root is refused while the first one runs, and names it; another root is not', async () => {
  const rig = await openRig();
  await writeTree(rig.root, { 'site/a': 1 });
  await attempt(rig);
  const busy = seenBy(rig, running);
  await expect(attempt(busy, { workflowId: 'other', runId: 'run-2' })).rejects.toMatchObject({
    type: 'BackupRunning',
    nonRetryable: true,
    message: `${rig.root} is being backed up already, since ${startedAt}, by instance nightly: wait for it to end, or end it`,
  });
  expect(await stored(rig, runningBlob('', rig.root))).toMatchObject({ instanceId: 'nightly', firstRunId: 'run-1' });
  const site = await attempt(busy, { root: `${rig.root}/site`, workflowId: 'other', runId: 'run-2' });
  expect(site.root).toBe(`${rig.root}/site`);
});

test('a backup takes the place of one that has ended, and is then the one that runs', async () => {
  const rig = await openRig();
  await attempt(rig);
  const asked: (string | undefined)[][] = [];
  const isRunning = (...which: [string, string?]) => Promise.resolve(asked.push(which) === 0);
  const next = await attempt(seenBy(rig, { isRunning }), { workflowId: 'other', runId: 'run-2' });
  expect(asked).toEqual([['nightly', 'run-1']]);
  expect(await stored(rig, runningBlob('', rig.root))).toEqual({
    format: 1,
    instanceId: 'other',
    firstRunId: 'run-2',
    run: next.id,
    root: rig.root,
    startedAt,
    checksum,
  });
});

test('of two backups that begin at once one runs', async () => {
  const rig = seenBy(await openRig(), running);
  const ends = await Promise.allSettled(
    ['one', 'two', 'three'].map((workflowId) => attempt(rig, { workflowId, runId: workflowId })),
  );
  const types = ends.map((end) => (end.status === 'rejected' ? (end.reason as { type: string }).type : end.status));
  expect(types.toSorted()).toEqual(['BackupRunning', 'BackupRunning', 'fulfilled']);
});

test('of two backups that take the place of one that has ended, the later one finds the other', async () => {
  const rig = await openRig();
  await attempt(rig);
  const later = seenBy(rig, { isRunning: (instanceId) => Promise.resolve(instanceId !== 'nightly') });
  const held = rig.proxy.hold(({ method, path }) => method === 'PUT' && path.includes('/running/'));
  const late = attempt(later, { workflowId: 'late', runId: 'run-2' });
  await held.reached;
  await attempt(later, { workflowId: 'quick', runId: 'run-3' });
  held.release();
  const message = expect.stringContaining('by instance quick') as string;
  await expect(late).rejects.toMatchObject({ type: 'BackupRunning', message });
});

test('a workflow that was started again under its id does not wait for itself', async () => {
  const rig = await openRig();
  const first = await attempt(rig);
  const again = await attempt(seenBy(rig, running), { runId: 'run-2' });
  expect(again.id).not.toBe(first.id);
});

test('every attempt of one workflow opens the same run, also when other runs began in between', async () => {
  const rig = await openRig();
  const first = await attempt(rig);
  const later = { ...rig, run: { ...rig.run, id: '20270101T000000Z-00000000' } };
  await rig.container.getBlockBlobClient(runLayout(later.run).page(0)).uploadData(Buffer.from(''));
  expect(await attempt(seenBy(rig, running))).toEqual(first);
});

test("a run's id sorts after all others, though the clock was set back", async () => {
  const rig = await openRig();
  const ids: string[] = [];
  for (const [i, at] of [startedAt, '2025-12-31T23:59:59.999Z', '2025-01-01T00:00:00.000Z', startedAt].entries()) {
    const run = await attempt(rig, { runId: `run-${i}`, at });
    await rig.container.getBlockBlobClient(runLayout(run).page(0)).uploadData(Buffer.from(''));
    ids.push(run.id);
  }
  expect(ids.toSorted()).toEqual(ids);
  expect(ids.map((id) => id.slice(0, 16))).toEqual([
    '20260102T030405Z',
    '20260102T030406Z',
    '20260102T030407Z',
    '20260102T030408Z',
  ]);
});

test('the base is the last run of the same root', async () => {
  const rig = await openRig();
  await writeTree(rig.root, { a: 1, 'site/b': 2 });
  const whole = await backUpWhole(rig);
  const site = { root: `${rig.root}/site` };
  expect(await openWhole(rig, site, 'site')).not.toHaveProperty('base');
  expect((await openWhole(rig)).base).toBe(whole.run.id);
});

test('the first run of a root reads no manifest of the others', async () => {
  const rig = await openRig();
  await writeTree(rig.root, { a: 1, 'site/b': 2 });
  await backUpWhole(rig);
  const from = rig.proxy.requests.length;
  await openWhole(rig, { root: `${rig.root}/site` }, 'site');
  expect(rig.proxy.requests.slice(from).filter(({ path }) => path.endsWith('/manifest.json'))).toEqual([]);
});

test.each([
  [{}, undefined],
  [{ checksum: true }, 'read'],
  [{ repair: true }, 'look-up'],
  [{ checksum: true, repair: true }, 'read-and-look-up'],
] as const)('the input %j makes unchanged files be dealt with so: %s', async (input, unchanged) => {
  expect((await attempt(await openRig(), input)).unchanged).toBe(unchanged);
});
