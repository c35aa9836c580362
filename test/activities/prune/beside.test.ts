import { expect, test } from 'vitest';
import type { Run } from '../../../src/contracts/backup.ts';
import { forgottenBlob, jobLayout, runLayout, runningBlob } from '../../../src/storage/run-layout.ts';
import { leftoversIn, versionsIn } from '../../support/leftovers.ts';
import { writeTree } from '../../support/tree.ts';
import { backUp, blobBytes, nameOf, openRig, perform, type Rig } from '../rig.ts';
import { open as openVerification, overwrite, verify } from '../verify/rig.ts';
import {
  asker,
  backUpAs,
  forget,
  opening,
  openPrune,
  pruneAll,
  runId,
  sweepAll,
  twoRuns,
  whileRunning,
} from './rig.ts';

test('a backup that begins beside a prune sees it, and one that began before is seen by it', async () => {
  const rig = await openRig();
  await twoRuns(rig);
  expect((await opening(rig, 'before')).besidePrune).toBeUndefined();
  const running = whileRunning(rig, 'before', 'beside');
  const prune = await openPrune(running);
  const earlier = await perform(running.activities.findBackups, [prune]);
  expect(earlier).toEqual([{ instanceId: 'before', firstRunId: 'before-run' }]);
  expect(await perform(rig.activities.findBackups, [prune, earlier])).toEqual([]);
  const beside = await opening(whileRunning(rig, 'beside'), 'beside');
  expect(beside).toMatchObject({ besidePrune: true, base: runId(2) });
});

test('content that is about to be deleted is not adopted beside a prune, but stored anew', async () => {
  const rig = await openRig();
  await twoRuns(rig);
  await forget(rig, runId(1), runId(2));
  const prune = await openPrune(rig);
  await perform(rig.activities.planPrune, [prune]);
  const marked = await perform(rig.activities.markPrune, [prune]);
  // The same content as that of the second run, which is to be deleted.
  const running = whileRunning(rig, 'beside');
  const run = await opening(running, 'beside');
  expect(run.base).toBeUndefined();
  const outcomes = await backUp({ ...rig, run });
  expect(outcomes.get('a')?.outcome).toBe('uploaded');
  const swept = await sweepAll(running, prune, marked);
  expect(swept.changed).toBe(1);
  const blob = await blobBytes(rig, nameOf(rig, 'a'));
  expect(blob).toHaveLength(30);
  // A second attempt at the same copy finds its own work.
  const again = await backUp({ ...rig, run: { ...run, id: run.id } });
  expect(again.get('a')).toMatchObject({ outcome: 'adopted', etag: outcomes.get('a')?.etag });
});

test('what a backup beside the prune writes is left alone, whenever it is listed', async () => {
  const rig = await openRig();
  await twoRuns(rig);
  await forget(rig, runId(1));
  const running = whileRunning(rig, 'beside');
  const prune = await openPrune(running);
  const run = await opening(running, 'beside');
  await writeTree(rig.root, { a: 40, new: 50 });
  const outcomes = await backUp({ ...running, run });
  await perform(running.activities.planPrune, [prune]);
  const marked = await perform(running.activities.markPrune, [prune]);
  await writeTree(rig.root, { later: 60 });
  await sweepAll(running, prune, marked);
  for (const [path, size] of [
    ['a', 40],
    ['new', 50],
  ] as const) {
    expect((await rig.container.getBlobClient(nameOf(rig, path)).getProperties()).etag).toBe(outcomes.get(path)?.etag);
    expect(await blobBytes(rig, nameOf(rig, path))).toHaveLength(size);
  }
  expect((await verify(rig, { run: runId(2), deep: true })).tally).toMatchObject({ intact: 1, failed: 0 });
  await expect(blobBytes(rig, runLayout(run).page(0))).resolves.toBeInstanceOf(Buffer);
});

test('a blob that is written again between the listing and the sweep stays', async () => {
  const rig = await openRig();
  await twoRuns(rig);
  await forget(rig, runId(1), runId(2));
  const prune = await openPrune(rig);
  await perform(rig.activities.planPrune, [prune]);
  const marked = await perform(rig.activities.markPrune, [prune]);
  await overwrite(rig, nameOf(rig, 'b'), Buffer.from('new'), true);
  expect(await sweepAll(rig, prune, marked)).toMatchObject({ deleted: 2, changed: 1 });
  expect((await blobBytes(rig, nameOf(rig, 'b'))).toString()).toBe('new');
});

test('a run that is taken back before the plan stays; once planned, its mark says that it is too late', async () => {
  const rig = await openRig();
  await twoRuns(rig);
  await forget(rig, runId(1), runId(2));
  const prune = await openPrune(rig);
  const mark = rig.container.getBlobClient(forgottenBlob({ prefix: '', id: runId(1) }));
  await mark.delete();
  expect(await perform(rig.activities.planPrune, [prune])).toMatchObject({ keptRuns: 1, forgottenRuns: 1 });
  const sealed = await rig.container.getBlobClient(forgottenBlob({ prefix: '', id: runId(2) })).getProperties();
  expect(sealed.metadata).toMatchObject({ prune: prune.id });
  // Forgotten anew, it is one for the next prune.
  await forget(rig, runId(1));
  expect(await perform(rig.activities.planPrune, [prune])).toMatchObject({ keptRuns: 1, forgottenRuns: 1 });
  const marked = await perform(rig.activities.markPrune, [prune]);
  await sweepAll(rig, prune, marked);
  expect(await leftoversIn(rig.container.containerName, [runId(1)])).toMatchObject({ files: [], missing: [] });
});

test('a run that a verification reads stays until that ends, and is not to be read once it was forgotten', async () => {
  const rig = await openRig();
  await twoRuns(rig);
  const verification = await openVerification(rig, { run: runId(1), deep: true });
  await forget(rig, runId(1));
  await expect(openVerification(rig, { run: runId(1) })).rejects.toMatchObject({ type: 'RunNotFound' });
  const reading = jobLayout('verifications', verification).reading;
  expect(JSON.parse((await blobBytes(rig, reading)).toString())).toMatchObject({
    run: runId(1),
    instanceId: 'nightly',
  });
  const busy = await pruneAll(whileRunning(rig, 'nightly'));
  expect(busy).toMatchObject({ plan: { keptRuns: 2, forgottenRuns: 0 }, swept: { deleted: 0 } });
  const later = await pruneAll(rig);
  expect(later).toMatchObject({ plan: { keptRuns: 1, forgottenRuns: 1 }, swept: { deleted: 2 } });
  expect(await leftoversIn(rig.container.containerName, [runId(2)])).toMatchObject({
    files: [],
    data: [],
    missing: [],
  });
});

test('verifications and restores of runs that are gone go too, and of the others stay their reports', async () => {
  const rig = await openRig();
  await twoRuns(rig);
  const gone = await verify(rig, { run: runId(1) });
  const kept = await verify(rig, { run: runId(2) });
  await forget(rig, runId(1));
  await pruneAll(rig);
  const names = (await versionsIn(rig.container)).map(({ name }) => name);
  expect(names.filter((name) => name.includes(gone.verification.id))).toEqual([]);
  const { manifest, shard } = jobLayout('verifications', kept.verification);
  expect(names.filter((name) => name.includes(kept.verification.id)).toSorted()).toEqual(
    [shard(0), manifest].toSorted(),
  );
});

test('what a verification that failed without a report goes by stays as long as its run', async () => {
  const rig = await openRig();
  await twoRuns(rig);
  const verification = await openVerification(rig, { run: runId(1) });
  const { reading } = jobLayout('verifications', verification);
  await pruneAll(rig);
  expect(await blobBytes(rig, reading)).toBeInstanceOf(Buffer);
  const { id } = verification;
  const resume = () => perform(rig.activities.resumeReading, ['verifications', { prefix: '', id, run: runId(1) }]);
  await resume();
  await forget(rig, runId(1));
  await expect(resume()).rejects.toMatchObject({ type: 'RunNotFound', nonRetryable: true });
  await pruneAll(rig);
  expect((await versionsIn(rig.container)).filter(({ name }) => name === reading)).toEqual([]);
});

function reopen(rig: Rig, id: string, base?: string): Promise<Run> {
  const workflowExecution = { workflowId: 'rewound', runId: 'rewound-run' };
  const run = { ...rig.run, id, round: 1, ...(base !== undefined && { base }) };
  return perform(rig.activities.reopenRun, [run, '2026-01-02T05:00:00.000Z'], { workflowExecution });
}

test('a run is taken up again only when no prune is at work, and a prune does not wait for one that waits for it', async () => {
  const rig = await openRig();
  await twoRuns(rig);
  const first = asker();
  const both = whileRunning(rig, first.workflowId, 'rewound');
  const prune = await openPrune(both, {}, first);
  const reopening = reopen(both, runId(2));
  await expect(reopening).rejects.toMatchObject({ type: 'PruneRunning', nonRetryable: true });
  expect(await perform(both.activities.findBackups, [prune])).toEqual([]);
  await perform(both.activities.releasePrune, [prune]);
  expect(await reopen(both, runId(2))).toMatchObject({ id: runId(2), round: 1, besidePrune: false });
  const next = await openPrune(both);
  const earlier = await perform(both.activities.findBackups, [next]);
  expect(earlier).toEqual([{ instanceId: 'rewound', firstRunId: 'rewound-run' }]);
});

test('a run that ended without a manifest is not taken up again once a prune has judged it', async () => {
  const rig = await openRig();
  await backUpAs(rig, 1, { a: 10 });
  await backUp({ ...rig, run: { ...rig.run, id: runId(2) } });
  const prune = await openPrune(rig);
  await perform(rig.activities.planPrune, [prune]);
  await expect(reopen(rig, runId(2))).rejects.toMatchObject({ type: 'RunNotFound' });
  await sweepAll(rig, prune, await perform(rig.activities.markPrune, [prune]));
  await expect(reopen(rig, runId(2))).rejects.toMatchObject({ type: 'RunNotFound' });
  await pruneAll(rig);
  await expect(reopen(rig, runId(2))).rejects.toMatchObject({
    type: 'RunNotFound',
    message: expect.stringContaining('Nothing is left in storage'),
  });
});

test('a mark that is taken while the prune decides, to be given back, does not keep the run from being judged', async () => {
  const rig = await openRig();
  await backUpAs(rig, 1, { a: 10 });
  const base = runId(1);
  await backUp({ ...rig, run: { ...rig.run, id: runId(2), base } });
  await forget(rig, base);
  const running = whileRunning(rig, 'rewound');
  const prune = await openPrune(running);
  const mark = { instanceId: 'rewound', firstRunId: 'rewound-run', run: runId(2), startedAt: '', reopened: true };
  const body = JSON.stringify({ format: 1, ...mark });
  await rig.container.getBlockBlobClient(runningBlob('', rig.root)).upload(body, body.length);
  expect(await perform(running.activities.planPrune, [prune])).toMatchObject({ keptRuns: 0, unfinishedRuns: 1 });
  await perform(running.activities.releasePrune, [prune]);
  await expect(reopen(running, runId(2))).rejects.toMatchObject({ type: 'RunNotFound' });
});

test('a run without a manifest is not taken up again once the run that it goes by was forgotten or is gone', async () => {
  const rig = await openRig();
  await twoRuns(rig);
  const base = runId(1);
  await backUp({ ...rig, run: { ...rig.run, id: runId(3), base } });
  expect(await reopen(rig, runId(3), base)).toMatchObject({ id: runId(3), base });
  const { manifest } = runLayout({ prefix: '', id: base });
  const bytes = await blobBytes(rig, manifest);
  await rig.container.getBlobClient(manifest).delete();
  const refusal = { type: 'RunNotFound', message: expect.stringContaining(`goes by run ${base}`) };
  await expect(reopen(rig, runId(3), base)).rejects.toMatchObject(refusal);
  await rig.container.getBlockBlobClient(manifest).upload(bytes, bytes.length);
  await forget(rig, base);
  await expect(reopen(rig, runId(3), base)).rejects.toMatchObject(refusal);
  // One that has a manifest stands by itself.
  expect(await reopen(rig, runId(2), base)).toMatchObject({ id: runId(2) });
});

test('a forgotten run is not taken up again', async () => {
  const rig = await openRig();
  await twoRuns(rig);
  await forget(rig, runId(2));
  await expect(reopen(rig, runId(2))).rejects.toMatchObject({ type: 'RunNotFound' });
});
