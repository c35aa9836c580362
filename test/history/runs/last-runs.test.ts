import { expect, test } from 'vitest';
import { acceptRun } from '../../../src/history/views/backups.ts';
import { lastRuns, referenceFor } from '../../../src/history/runs/last-runs.ts';
import { findRun } from '../../../src/history/runs/run-catalogue.ts';
import { openRig, signal } from '../../storage/rig.ts';
import { fileEntry, forgeRun } from '../records/rig.ts';

const prefix = 'hosts/';
const suspect = { since: 'x', files: 20, lost: 20, reasons: ['it holds no file'] };

async function openHistory() {
  const { direct: store } = await openRig();
  const add = async (time: string, manifest: object = {}) => {
    const startedAt = `2026-11-21T${time}:00.000Z`;
    const id = `${startedAt.replace(/[-:]|\.\d+/gu, '')}-00000000`;
    const shards = [[fileEntry('a', { blob: 'hosts/srv/a' })]];
    return (await forgeRun(store, { prefix, id, shards, manifest: { startedAt, ...manifest } })).run;
  };
  const last = async (filters?: object) => {
    const { base, reference } = await lastRuns(store, { prefix, root: '/srv', filters }, signal);
    return [base?.run, reference?.run];
  };
  const latest = async () => (await findRun(store, { prefix, run: 'latest' }, signal)).manifest.run;
  return { store, add, last, latest };
}

test('the next run goes by the newest that is not suspect, and is judged by the newest of these that is complete', async () => {
  const { store, add, last, latest } = await openHistory();
  expect(await last()).toEqual([undefined, undefined]);
  const good = await add('06:00');
  const incomplete = await add('07:00', { complete: false });
  const emptied = await add('08:00', { suspect });
  expect(await last()).toEqual([incomplete, good]);
  expect(await latest()).toBe(good);
  await acceptRun(store, { prefix, run: emptied }, signal);
  expect(await last()).toEqual([emptied, emptied]);
  expect(await latest()).toBe(emptied);
});

test('it is judged by the newest with the same filters, else by the newest', async () => {
  const { add, last } = await openHistory();
  const filtered = await add('06:00', { filters: { exclude: ['/d/'] } });
  const whole = await add('07:00');
  expect(await last()).toEqual([whole, whole]);
  expect(await last({ exclude: ['/d/'] })).toEqual([whole, filtered]);
  expect(await last({ exclude: ['/e/'] })).toEqual([whole, whole]);
});

test('where a loss is expected nothing judges it', async () => {
  const { store, add } = await openHistory();
  const run = await add('06:00');
  const last = await lastRuns(store, { prefix, root: '/srv' }, signal);
  expect(referenceFor(last, {})).toEqual({ run, files: 1 });
  expect(referenceFor(last, { filters: { exclude: ['x'] } })).toEqual({ run, files: 1, otherFilters: true });
  expect(referenceFor(last, { expectLoss: true })).toBeUndefined();
  expect(referenceFor({}, {})).toBeUndefined();
});
