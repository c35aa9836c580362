import { expect, test } from 'vitest';
import { readFailedBackups } from '../../../src/history/runs/failed-backups.ts';
import { openRig, perform, type Rig } from '../rig.ts';

const signal = new AbortController().signal;
const gone = { at: '2026-01-02T03:04:05.678Z', type: 'RootNotFound', message: 'it is gone' };

const notedOf = ({ deps }: Rig, root: string) => readFailedBackups(deps.store, { prefix: 'a/', root }, signal);

function note({ activities }: Rig, root: string, scheduled: boolean, runId = 'run-1') {
  const workflowExecution = { workflowId: 'nightly', runId };
  return perform(
    activities.noteFailedBackup,
    [
      { root, prefix: 'a/' },
      { ...gone, scheduled },
    ],
    { workflowExecution },
  );
}

test('what a schedule wanted is noted, once however often the activity runs', async () => {
  const rig = await openRig();
  await note(rig, '/srv/moved', true);
  await note(rig, '/srv/moved/', true);
  await note(rig, '/srv/moved', true, 'run-2');
  expect(await notedOf(rig, '/srv/moved')).toEqual([
    { ...gone, instanceId: 'nightly', execution: 'run-1' },
    { ...gone, instanceId: 'nightly', execution: 'run-2' },
  ]);
});

test('what somebody asked for is noted of a directory that was backed up before, and of no other', async () => {
  const rig = await openRig();
  await note(rig, rig.root, false);
  expect(await Array.fromAsync(rig.container.listBlobsFlat())).toEqual([]);
  await perform(rig.activities.openRun, [{ root: rig.root, prefix: 'a/' }, '2026-01-02T03:04:05.678Z']);
  await note(rig, rig.root, false);
  expect(await notedOf(rig, rig.root)).toHaveLength(1);
});

test('the last hundred are kept', async () => {
  const rig = await openRig();
  for (let i = 1; i <= 103; i += 1) await note(rig, '/srv/moved', true, `run-${i}`);
  const noted = await notedOf(rig, '/srv/moved');
  expect([noted.length, noted[0]?.execution, noted.at(-1)?.execution]).toEqual([100, 'run-4', 'run-103']);
});
