import { expect, test } from 'vitest';
import { forgottenBlob, jobLayout, ownerBlob, pruningBlob, runningBlob } from '../../src/storage/run-layout.ts';
import { forget, opening, openPrune, pruneAll, runId, twoRuns } from '../activities/prune/rig.ts';
import { blobBytes, openRig, perform, type Rig } from '../activities/rig.ts';
import { open as openVerification, overwrite, verify } from '../activities/verify/rig.ts';

/** Another digit in a place where any is well-formed. */
async function flip(rig: Rig, blob: string, what: RegExp): Promise<void> {
  const text = (await blobBytes(rig, blob)).toString();
  const damaged = text.replace(what, (found) => found.replace(/.$/u, (last) => (last === '1' ? '0' : '1')));
  expect(damaged).not.toBe(text);
  await overwrite(rig, blob, Buffer.from(damaged), true);
}

async function openPrunable(): Promise<Rig> {
  const rig = await openRig();
  await twoRuns(rig);
  return rig;
}

test("an owner's mark that says another host by a flipped bit is known to be damaged", async () => {
  const rig = await openRig();
  await opening(rig, 'nightly');
  await flip(rig, ownerBlob(''), /web-1/u);
  await expect(openPrune(rig)).rejects.toMatchObject({
    type: 'OwnedByAnother',
    nonRetryable: true,
    message: expect.stringMatching(
      /a host whose mark cannot be read \(.*owner\.json\): .*take it over with --take-over/u,
    ),
  });
});

test('a damaged mark of a backup that is under way is refused by a prune and made anew by the next backup', async () => {
  const rig = await openPrunable();
  await opening(rig, 'nightly');
  const blob = runningBlob('', rig.root);
  await flip(rig, blob, /nightly-ru./u);
  await expect(pruneAll(rig)).rejects.toMatchObject({
    type: 'PruneRefused',
    nonRetryable: true,
    message: expect.stringMatching(new RegExp(`^${blob} .*cannot be read: .*delete it when no backup runs`, 'u')),
  });
  await opening(rig, 'other');
  expect(JSON.parse((await blobBytes(rig, blob)).toString())).toMatchObject({ instanceId: 'other' });
});

test('a prune whose own mark is damaged goes no further, and names it', async () => {
  const rig = await openPrunable();
  await forget(rig, runId(1));
  const prune = await openPrune(rig);
  await flip(rig, pruningBlob(''), /prune-run-\d/u);
  await expect(perform(rig.activities.planPrune, [prune])).rejects.toMatchObject({
    type: 'PruneRefused',
    nonRetryable: true,
    message: expect.stringContaining(pruningBlob('')),
  });
});

test('a prune does not guess which run a job reads whose mark is damaged', async () => {
  const rig = await openPrunable();
  const verification = await openVerification(rig, { run: runId(1) });
  await forget(rig, runId(1));
  const { reading } = jobLayout('verifications', verification);
  await flip(rig, reading, /2026\d*T\d*/u);
  await expect(pruneAll(rig)).rejects.toMatchObject({
    type: 'PruneRefused',
    nonRetryable: true,
    message: expect.stringMatching(new RegExp(`^${reading} .*cannot be read: .*delete its folder`, 'u')),
  });
});

test('a run stays forgotten, whatever its mark has come to hold', async () => {
  const rig = await openPrunable();
  await forget(rig, runId(1));
  await overwrite(rig, forgottenBlob({ prefix: '', id: runId(1) }), Buffer.from('garbage'));
  expect((await pruneAll(rig)).plan).toMatchObject({ keptRuns: 1, forgottenRuns: 1 });
});

test('a report that is damaged is written anew when its job is closed again', async () => {
  const rig = await openPrunable();
  const { verification } = await verify(rig, { run: runId(2) });
  const { manifest } = jobLayout('verifications', verification);
  const whole = await blobBytes(rig, manifest);
  await flip(rig, manifest, /"files": \d/u);
  const times = { startedAt: '2026-01-02T03:04:05.000Z', finishedAt: '2026-01-02T03:05:00.000Z' };
  await perform(rig.activities.commitVerification, [verification, times]);
  expect((await blobBytes(rig, manifest)).toString()).toBe(whole.toString());
});
