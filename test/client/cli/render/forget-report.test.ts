import { expect, test } from 'vitest';
import { forgetText } from '../../../../src/client/cli/render/forget-report.ts';
import type { ForgetResult, ForgetRow } from '../../../../src/contracts/forget.ts';

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
