import { describe, expect, test } from 'vitest';
import { forgottenRuns, forgottenSince } from '../../../src/history/runs/forgotten.ts';
import type { ForgetResult } from '../../../src/contracts/forget.ts';
import { runLayout } from '../../../src/storage/run-layout.ts';
import { signal } from '../../storage/rig.ts';
import { idOf, openForgetRig, prefix } from './rig.ts';

const told = ({ runs }: ForgetResult) => runs.map(({ run, outcome, reasons }) => [run, outcome, reasons.join(', ')]);

describe('by a policy', () => {
  test('each directory is decided about apart, and what is forgotten is marked', async () => {
    const { store, leave, forget, marks } = await openForgetRig();
    const [first, second, third] = [await leave('2026-11-01'), await leave('2026-11-02'), await leave('2026-11-03')];
    const etc = await leave('2026-10-01', { root: '/etc' });
    const result = await forget({ policy: { last: 2 } });
    expect(result).toMatchObject({ dryRun: false, kept: 3, forgotten: 1, recalled: 0 });
    expect(told(result)).toEqual([
      [third, 'kept', 'last 1 of 2'],
      [second, 'kept', 'last 2 of 2'],
      [first, 'forgotten', 'no rule keeps it'],
      [etc, 'kept', 'last 1 of 2'],
    ]);
    expect(result.runs[0]).toEqual({
      run: third,
      outcome: 'kept',
      reasons: ['last 1 of 2'],
      startedAt: '2026-11-03T12:00:00.000Z',
      root: '/srv',
      complete: true,
      files: 0,
      bytes: 0,
    });
    expect(await marks()).toEqual([first]);
    const forgotten = await forgottenRuns(store, prefix, signal);
    expect(await forgottenSince(store, { prefix, id: first }, signal)).toBe(forgotten.get(first));
    expect(await forgottenSince(store, { prefix, id: second }, signal)).toBeUndefined();
    expect([...forgotten.values()].map((at) => new Date(at).toISOString())).toEqual([...forgotten.values()]);
    const mark = await store.read(`.durable-backup/hosts/forgotten/${first}.json`, { from: 0 }, signal);
    expect(JSON.parse(mark.toString())).toEqual({
      format: 1,
      run: first,
      at: forgotten.get(first),
      reason: 'no rule keeps it',
    });
    // What is forgotten is not decided about again.
    expect(told(await forget({ policy: { last: 2 } }))).toHaveLength(3);
  });

  test('a dry run says the same and marks nothing', async () => {
    const { leave, forget, marks } = await openForgetRig();
    await leave('2026-11-01');
    await leave('2026-11-02');
    const dry = await forget({ policy: { last: 1 }, dryRun: true });
    expect(dry).toMatchObject({ dryRun: true, kept: 1, forgotten: 1 });
    expect(await marks()).toEqual([]);
    expect(await forget({ policy: { last: 1 } })).toEqual({ ...dry, dryRun: false });
  });

  test('root and tags choose what is decided about', async () => {
    const { leave, forget } = await openForgetRig();
    await leave('2026-11-01', { tags: ['nightly', 'eu'] });
    await leave('2026-11-02', { tags: ['nightly'] });
    await leave('2026-11-03', { tags: ['nightly', 'eu'] });
    await leave('2026-11-04');
    await leave('2026-11-05', { root: '/etc', tags: ['nightly', 'eu'] });
    const runs = async (input: object) =>
      (await forget({ policy: { last: 1 }, dryRun: true, ...input })).runs.map(({ run }) => run);
    expect(await runs({ tags: ['nightly', 'eu'], root: '/srv' })).toEqual([idOf('2026-11-03'), idOf('2026-11-01')]);
    expect(await runs({ tags: ['other'] })).toEqual([]);
    expect(await runs({ root: '/etc' })).toEqual([idOf('2026-11-05')]);
    expect(await runs({})).toHaveLength(5);
  });

  test('what cannot be decided about is kept, and told of where it may be meant', async () => {
    const { store, leave, forget } = await openForgetRig();
    await leave('2026-11-01');
    await leave('2026-11-03');
    const damaged = runLayout({ prefix, id: idOf('2026-11-02') });
    await store.put(damaged.manifest, Buffer.from('{}'), { signal });
    const stopped = runLayout({ prefix, id: idOf('2026-11-04') });
    await store.put(stopped.page(0), Buffer.from('{}'), { signal });
    const result = await forget({ policy: { last: 1 } });
    expect(told(result)).toEqual([
      [idOf('2026-11-03'), 'kept', 'last 1 of 1'],
      [idOf('2026-11-01'), 'forgotten', 'no rule keeps it'],
      [
        idOf('2026-11-04'),
        'kept',
        'it has no manifest: it is under way, or was stopped, and then prune deletes what it left',
      ],
      [idOf('2026-11-02'), 'kept', expect.stringMatching(/^its manifest cannot be read: /u)],
    ]);
    expect(result.runs[2]?.startedAt).toBe('2026-11-04T12:00:00Z');
    expect(told(await forget({ policy: { last: 1 }, root: '/srv' }))).toHaveLength(1);
  });

  test('an incomplete run goes once a complete one has come after it, unless it is being retried', async () => {
    const { leave, forget, marks } = await openForgetRig();
    await leave('2026-11-01', { complete: false, instanceId: 'retried' });
    await leave('2026-11-02', { complete: false, instanceId: 'old' });
    await leave('2026-11-03', { instanceId: 'retried' });
    await leave('2026-11-04', { complete: false });
    const result = await forget({ policy: { last: 5 } }, ['retried']);
    expect(told(result)).toEqual([
      [idOf('2026-11-04'), 'kept', 'no complete run came after it'],
      [idOf('2026-11-03'), 'kept', 'last 1 of 5'],
      [idOf('2026-11-02'), 'forgotten', 'incomplete, and a complete run came after it'],
      [idOf('2026-11-01'), 'kept', 'its instance retried is under way'],
    ]);
    expect(await marks()).toEqual([idOf('2026-11-02')]);
  });

  test('one that keeps nothing is refused without force', async () => {
    const { leave, forget, refusal, marks } = await openForgetRig();
    await leave('2026-11-01');
    await leave('2026-11-02');
    expect(await refusal({ policy: { last: 0 } })).toBe(
      'ForgetRefused: policy: it keeps no run at all: give a rule that does (--keep-daily 7), or force: true (--force) to forget every run',
    );
    expect(await forget({ policy: { last: 0 }, force: true })).toMatchObject({ kept: 0, forgotten: 2 });
    expect(await marks()).toHaveLength(2);
  });
});

describe('by name', () => {
  test('runs are marked, each once, and a second time changes nothing', async () => {
    const { leave, forget, marks } = await openForgetRig();
    const [first, second] = [await leave('2026-11-01'), await leave('2026-11-02')];
    await leave('2026-11-03');
    const result = await forget({ runs: [second, first, second] });
    expect(told(result)).toEqual([
      [second, 'forgotten', 'named'],
      [first, 'forgotten', 'named'],
    ]);
    expect(await marks()).toEqual([first, second]);
    const again = await forget({ runs: [first] });
    expect(told(again)).toEqual([[first, 'forgotten', expect.stringMatching(/^forgotten already, at 2\d{3}-/u)]]);
  });

  test('the newest complete run of a directory is spared without force, and with it nothing else that was named', async () => {
    const { leave, forget, refusal } = await openForgetRig();
    const older = await leave('2026-11-01');
    const newest = await leave('2026-11-02');
    await leave('2026-11-03', { complete: false });
    await leave('2026-11-04', { root: '/etc' });
    expect(await refusal({ runs: [older, newest] })).toBe(
      `ForgetRefused: Run ${newest} is the newest complete one of /srv: give force: true (--force) to forget it nevertheless`,
    );
    expect(await forget({ runs: [newest], force: true })).toMatchObject({ forgotten: 1 });
    expect(await refusal({ runs: [older] })).toContain(`Run ${older} is the newest complete one of /srv`);
  });

  test('a run under way is spared, whatever is forced', async () => {
    const { store, leave, refusal, forget } = await openForgetRig();
    await leave('2026-11-01');
    const retried = await leave('2026-11-02', { complete: false });
    for (const force of [false, true]) {
      expect(await refusal({ runs: [retried], force }, ['nightly'])).toBe(
        `ForgetRefused: Run ${retried} may be under way, for it is incomplete and its instance nightly runs: wait for its end, or end it`,
      );
    }
    expect(await forget({ runs: [retried] })).toMatchObject({ forgotten: 1 });
    const begun = idOf('2026-11-03');
    await store.put(runLayout({ prefix, id: begun }).page(0), Buffer.from('{}'), { signal });
    expect(await refusal({ runs: [begun], force: true })).toContain(`RunNotFound: Run ${begun} is incomplete`);
  });

  test('a run that cannot be read goes only by force', async () => {
    const { store, refusal, forget, marks } = await openForgetRig();
    const id = idOf('2026-11-01');
    await store.put(runLayout({ prefix, id }).manifest, Buffer.from('{}'), { signal });
    expect(await refusal({ runs: [id] })).toMatch(
      /^ForgetRefused: Run \S+ cannot be read.*--force.*is not a manifest/u,
    );
    expect(await forget({ runs: [id], force: true })).toMatchObject({ forgotten: 1 });
    expect(await marks()).toEqual([id]);
  });

  test('one that is not there is named with what is', async () => {
    const { leave, refusal } = await openForgetRig();
    const there = await leave('2026-11-01');
    const missing = idOf('2026-11-02');
    expect(await refusal({ runs: [there, missing] })).toMatch(
      new RegExp(`^RunNotFound: There is no run "${missing}" .* the newest are ${there}$`, 'u'),
    );
  });
});

test.each([
  [{}, 'policy: give at least one rule (--keep-daily 7), or the ids of runs (RUN…)'],
  [{ force: true }, 'policy: give at least one rule (--keep-daily 7), or the ids of runs (RUN…)'],
  [{ runs: [] }, 'runs: name at least one run'],
  [
    { runs: [idOf('2026-11-01')], policy: { last: 1 } },
    'runs, policy: name runs (RUN…), or give rules (--keep-daily 7), not both',
  ],
  [
    { runs: [idOf('2026-11-01')], root: '/srv' },
    'root, tags: say which runs a policy decides about (--source, --tag); leave them out where runs are named',
  ],
  [
    { runs: ['latest'] },
    'runs: "latest" is no id of a run, such as 20261121T061003Z-c78e46f5: `durable-backup runs` lists them',
  ],
  [{ policy: { last: 1 }, undo: true }, 'undo: name the runs that are to be taken back (--undo RUN…)'],
])('%j makes no sense, and it is said what does', async (input, message) => {
  const { refusal } = await openForgetRig();
  expect(await refusal(input)).toBe(`InvalidInput: ${message}`);
});

describe('taken back', () => {
  test('a run can be chosen again, and nothing changes the second time', async () => {
    const { leave, forget, marks } = await openForgetRig();
    const id = await leave('2026-11-01');
    await leave('2026-11-02');
    await forget({ runs: [id] });
    const dry = await forget({ runs: [id], undo: true, dryRun: true });
    expect(await marks()).toEqual([id]);
    const result = await forget({ runs: [id], undo: true });
    expect(result).toEqual({ ...dry, dryRun: false });
    expect(told(result)).toEqual([[id, 'recalled', expect.stringMatching(/^it was forgotten at 2\d{3}-/u)]]);
    expect(await marks()).toEqual([]);
    expect(told(await forget({ runs: [id], undo: true }))).toEqual([[id, 'kept', 'it was not forgotten']]);
  });

  test('is too late once a prune has begun with it, also for the others that were named', async () => {
    const { store, leave, forget, refusal } = await openForgetRig();
    const [first, second] = [await leave('2026-11-01'), await leave('2026-11-02')];
    await leave('2026-11-03');
    await forget({ runs: [first, second] });
    const metadata = { at: '2026-11-21T00:00:00.000Z', prune: '20261121T000000Z-00000000' };
    await store.put(`.durable-backup/hosts/forgotten/${second}.json`, Buffer.from('{}'), { signal, metadata });
    expect(await refusal({ runs: [first, second], undo: true })).toBe(
      `ForgetRefused: Run ${second} cannot be taken back: a prune has begun to delete its data; restore another run`,
    );
  });

  test('what was never there is said to be unknown', async () => {
    const { refusal } = await openForgetRig();
    expect(await refusal({ runs: [idOf('2026-11-01')], undo: true })).toMatch(/^RunNotFound: There is no run/u);
  });
});
