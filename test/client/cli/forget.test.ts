import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { RunInfo } from '../../../src/history/views/run-info.ts';
import type { ForgetResult, ForgetRow } from '../../../src/contracts/forget.ts';
import { temporaryDirectory, writeTree } from '../../support/tree.ts';
import { runCommand, servers, rowsIn, type Ended, type PrintedBackup } from './command.ts';
import { forgetText } from '../../../src/client/cli/commands/forget.ts';

interface Stocked {
  readonly root: string;
  readonly run: (...args: string[]) => Promise<Ended>;
  /** The ids of the runs, oldest first. */
  readonly runs: readonly string[];
}

async function startStocked(tags: readonly string[][]): Promise<Stocked> {
  const root = await temporaryDirectory();
  const env = { ...servers(), BACKUP_CONTAINER: `cli-${randomUUID()}`, TASK_QUEUE: randomUUID() };
  const run = (...args: string[]) => runCommand(args, { env });
  await writeTree(root, { 'a.txt': 10 });
  const runs: string[] = [];
  for (const own of tags) {
    const { stdout, stderr } = await run(root, '--worker', '--json', ...own.flatMap((tag) => ['--tag', tag]));
    expect(stderr).not.toContain('error');
    runs.push((JSON.parse(stdout) as PrintedBackup).run);
  }
  return { root, run, runs };
}

test('from tagged backups to forgotten ones and back', async () => {
  const { root, run, runs } = await startStocked([['nightly'], ['nightly', 'release'], []]);
  const [first = '', second = '', third = ''] = runs;
  const rules = ['--keep-last', '1', '--keep-tag', 'release', '--source', root];

  const dry = await run('forget', ...rules, '--dry-run');
  expect(dry.code).toBe(0);
  const [title, header, ...rows] = dry.stdout.split('\n');
  expect([title, header]).toEqual([
    `Runs of ${root}`,
    expect.stringMatching(/^RUN +STARTED +FILES +BYTES +VERDICT +WHY$/u),
  ]);
  expect(rows).toEqual([
    expect.stringMatching(new RegExp(`^${third} .* 10 B  keep +last 1 of 1$`, 'u')),
    expect.stringMatching(new RegExp(`^${second} .* 10 B  keep +tag release$`, 'u')),
    expect.stringMatching(new RegExp(`^${first} .* 10 B  forget +no rule keeps it$`, 'u')),
    '',
    '1 to forget, 2 to keep. Nothing was changed.',
    '',
  ]);

  const done = await run('forget', ...rules, '--json');
  expect(JSON.parse(done.stdout)).toMatchObject({
    dryRun: false,
    kept: 2,
    forgotten: 1,
  } satisfies Partial<ForgetResult>);
  const listed = rowsIn<RunInfo>((await run('runs', '--json')).stdout);
  expect(listed.map(({ run, tags }) => [run, tags])).toEqual([
    [third, undefined],
    [second, ['nightly', 'release']],
  ]);
  const all = await run('runs', '--forgotten', '--tag', 'nightly');
  expect(all.stdout.split('\n').slice(0, 3)).toEqual([
    expect.stringMatching(/^RUN +STATE .* TAGS +ROOT$/u),
    expect.stringMatching(new RegExp(`^${second}  complete .* nightly, release  ${root}$`, 'u')),
    expect.stringMatching(new RegExp(`^${first}  forgotten, complete .* nightly +${root}$`, 'u')),
  ]);

  const restored = await run('restore', first, '--target', join(root, 'restored'), '--worker');
  expect(restored).toMatchObject({ code: 1, stderr: expect.stringContaining(`forget --undo ${first}`) });
  const undone = await run('forget', '--undo', first, '--quiet');
  expect(undone).toEqual({ code: 0, stdout: '', stderr: '' });
  expect(rowsIn<RunInfo>((await run('runs', '--json')).stdout).map(({ run }) => run)).toEqual([...runs].toReversed());
}, 240_000);

test('without rules, a source is decided about by its own retention, and only below its prefix', async () => {
  const { root, run } = await startStocked([[]]);
  const file = join(await temporaryDirectory(), 'sources.yaml');
  await writeFile(file, `sources:\n  photos:\n    root: ${root}\n    tags: [nightly]\n    retention: { last: 1 }\n`);
  const at = ['--config', file];
  const ids: string[] = [];
  for (let left = 2; left > 0; left -= 1) {
    const { stdout } = await run('backup', 'photos', ...at, '--worker', '--json', '--tag', 'extra');
    ids.push((JSON.parse(stdout) as PrintedBackup).run);
  }
  const { stdout } = await run('forget', '--source', 'photos', ...at, '--json');
  const { runs } = JSON.parse(stdout) as ForgetResult;
  expect(runs.map(({ run, outcome, tags }) => [run, outcome, tags])).toEqual([
    [ids[1], 'kept', ['nightly', 'extra']],
    [ids[0], 'forgotten', ['nightly', 'extra']],
  ]);
  const undone = await run('forget', '--undo', ids[0] ?? '', '--source', 'photos', ...at);
  expect(undone.stdout).toContain('1 taken back, 0 kept.');
}, 240_000);

test('what must not be, or makes no sense, ends with what to give', async () => {
  const { root, run, runs } = await startStocked([[]]);
  const [only = ''] = runs;
  const error = async (...args: string[]) => {
    const { code, stdout, stderr } = await run('forget', ...args);
    expect([code, stdout]).toEqual([1, '']);
    return stderr;
  };
  expect(await error(only)).toContain(`Run ${only} is the newest complete one of ${root}: give force: true (--force)`);
  expect(await error('--keep-last', '0')).toContain('(--force) to forget every run');
  expect(await error()).toContain('policy: give at least one rule (--keep-daily 7), or the ids of runs (RUN…)');
  expect(await error('--keep-daily', 'x')).toContain('It must be a whole number from 0 to 1000000, or unlimited.');
  expect(await error('--keep-within', '7')).toContain('It must be years, months, days and hours');
  expect(await error('--keep-last', '1', '--time-zone', 'Mars')).toContain('It must be the name of a time zone');
  expect(await error('--keep-tag', 'a b')).toContain('It must be 1 to 100 characters without spaces');
  expect(await error('latest')).toContain('"latest" is no id of a run');
  const forced = await run('forget', only, '--force');
  expect(forced.stdout).toMatch(/1 forgotten, 0 kept\. `.*durable-backup prune` deletes what no run needs any more\./u);
}, 240_000);

const row: ForgetRow = {
  run: '20261121T020002Z-5be80c1f',
  outcome: 'forgotten',
  reasons: ['no rule keeps it'],
  startedAt: '2026-11-21T02:00:02.123Z',
  root: '/srv/si\nte',
  complete: true,
  files: 1200,
  bytes: 1536,
};
const kept: ForgetRow = {
  ...row,
  run: '20261122T020002Z-11111111',
  outcome: 'kept',
  reasons: ['daily 2026-11-22', 'tag a'],
};
const result: ForgetResult = { dryRun: false, kept: 1, forgotten: 1, recalled: 0, runs: [kept, row] };
const last = (told: ForgetResult) => forgetText(told).split('\n').at(-1);

test('each directory has a table, and what they come to stands below', () => {
  const bare: ForgetRow = { run: row.run, outcome: 'kept', reasons: ['it has no manifest'], startedAt: row.startedAt };
  expect(forgetText({ ...result, runs: [kept, row, bare], kept: 2 }).split('\n')).toEqual([
    'Runs of /srv/si\uFFFDte',
    'RUN                        STARTED               FILES    BYTES  VERDICT  WHY',
    '20261122T020002Z-11111111  2026-11-21 02:00:02Z  1,200  1.5 KiB  keep     daily 2026-11-22, tag a',
    '20261121T020002Z-5be80c1f  2026-11-21 02:00:02Z  1,200  1.5 KiB  forget   no rule keeps it',
    '',
    'Runs whose directory was not read',
    'RUN                        STARTED               FILES  BYTES  VERDICT  WHY',
    '20261121T020002Z-5be80c1f  2026-11-21 02:00:02Z      -      -  keep     it has no manifest',
    '',
    '1 forgotten, 2 kept. `durable-backup prune` deletes what no run needs any more.',
  ]);
});

test('the last line says what was done, and what would be', () => {
  expect(last({ ...result, dryRun: true })).toBe('1 to forget, 1 to keep. Nothing was changed.');
  expect(last({ ...result, forgotten: 0 })).toBe('0 forgotten, 1 kept.');
  expect(last({ ...result, forgotten: 0, recalled: 2, kept: 0 })).toBe('2 taken back, 0 kept.');
  expect(last({ ...result, dryRun: true, forgotten: 0, recalled: 2, kept: 0 })).toBe(
    '2 to take back, 0 to keep. Nothing was changed.',
  );
});
