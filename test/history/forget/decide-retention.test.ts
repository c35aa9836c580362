import { expect, test } from 'vitest';
import { decideRetention, type RetainableRun } from '../../../src/history/forget/decide-retention.ts';
import type { RetentionPolicy } from '../../../src/contracts/forget.ts';

const runAt = (startedAt: string, given: Partial<RetainableRun> = {}): RetainableRun => ({
  run: startedAt,
  startedAt,
  complete: true,
  ...given,
});

/** A run at noon on each of so many days, the last one on that day. */
function daily(last: string, days: number): RetainableRun[] {
  const end = Date.parse(`${last}T12:00:00Z`);
  return Array.from({ length: days }, (_, back) => runAt(new Date(end - back * 86_400_000).toISOString()));
}

const kept = (runs: readonly RetainableRun[], policy: RetentionPolicy) =>
  decideRetention(runs, policy).flatMap(({ run, keep }) => (keep ? [run.run.slice(0, 16)] : []));

const days = (runs: readonly string[]) => runs.map((run) => run.slice(0, 10));

/** Every Sunday from 8 April to 8 July 2012, as in restic's documentation. */
const sundays = Array.from({ length: 14 }, (_, week) =>
  runAt(new Date(Date.UTC(2012, 3, 8 + 7 * week, 11)).toISOString()),
);

const cases: readonly {
  readonly what: string;
  readonly runs: readonly RetainableRun[];
  readonly policy: RetentionPolicy;
  readonly keeps: readonly string[];
}[] = [
  {
    what: 'last counts runs',
    runs: daily('2026-11-21', 5),
    policy: { last: 2 },
    keeps: ['2026-11-21', '2026-11-20'],
  },
  {
    what: 'daily counts days that had a run, not days that went by',
    runs: sundays,
    policy: { daily: 4 },
    keeps: ['2012-07-08', '2012-07-01', '2012-06-24', '2012-06-17'],
  },
  {
    what: 'weekly, when every week has one run, is the same',
    runs: sundays,
    policy: { weekly: 4 },
    keeps: ['2012-07-08', '2012-07-01', '2012-06-24', '2012-06-17'],
  },
  {
    what: 'monthly takes the newest of each month',
    runs: sundays,
    policy: { monthly: 3 },
    keeps: ['2012-07-08', '2012-06-24', '2012-05-27'],
  },
  {
    what: 'the oldest run is kept too while a rule has room',
    runs: sundays,
    policy: { monthly: 5 },
    keeps: ['2012-07-08', '2012-06-24', '2012-05-27', '2012-04-29', '2012-04-08'],
  },
  {
    what: 'a rule that is used up does not keep the oldest',
    runs: sundays,
    policy: { monthly: 4 },
    keeps: ['2012-07-08', '2012-06-24', '2012-05-27', '2012-04-29'],
  },
  {
    what: 'weeks go from Monday to Sunday, and belong to the year of their Thursday',
    runs: ['2026-12-27', '2026-12-28', '2026-12-31', '2027-01-01', '2027-01-03', '2027-01-04'].map((day) =>
      runAt(`${day}T12:00:00Z`),
    ),
    policy: { weekly: 3 },
    keeps: ['2027-01-04', '2027-01-03', '2026-12-27'],
  },
  {
    what: 'rules add up: a run that one of them wants stays',
    runs: daily('2026-11-21', 400),
    policy: { daily: 3, weekly: 3, monthly: 3, yearly: 2 },
    // 21 November 2026 is a Saturday. What is newest of its week, month or year may be kept by a shorter rule already.
    keeps: [
      '2026-11-21',
      '2026-11-20',
      '2026-11-19',
      '2026-11-15',
      '2026-11-08',
      '2026-10-31',
      '2026-09-30',
      '2025-12-31',
    ],
  },
  {
    what: 'within counts from the newest run, whatever the time is now',
    runs: daily('2012-07-08', 60),
    policy: { within: '1m2d' },
    keeps: daily('2012-07-08', 32).map(({ run }) => run.slice(0, 10)),
  },
  {
    what: 'a run that began just so long before the newest is not within',
    runs: [runAt('2026-11-21T12:00:00Z'), runAt('2026-11-20T12:00:00.001Z'), runAt('2026-11-20T12:00:00Z')],
    policy: { within: '24h' },
    keeps: ['2026-11-21', '2026-11-20'],
  },
  {
    what: 'tags keep, however old',
    runs: [...daily('2026-11-21', 3), runAt('2020-01-01T00:00:00Z', { tags: ['nightly', 'release'] })],
    policy: { last: 1, tags: ['release', 'other'] },
    keeps: ['2026-11-21', '2020-01-01'],
  },
  {
    what: 'unlimited keeps the newest of each',
    runs: sundays,
    policy: { monthly: 'unlimited' },
    keeps: ['2012-07-08', '2012-06-24', '2012-05-27', '2012-04-29', '2012-04-08'],
  },
  {
    what: 'the newest complete run stays though no rule wants it',
    runs: [runAt('2026-11-21T00:00:00Z'), ...daily('2026-11-20', 2)],
    policy: { tags: ['none'] },
    keeps: ['2026-11-21'],
  },
  { what: 'of no runs nothing is kept', runs: [], policy: { last: 3, within: '7d' }, keeps: [] },
];

test.each(cases)('$what', ({ runs, policy, keeps }) => {
  expect(days(kept(runs, policy))).toEqual(keeps);
  expect(days(kept(runs.toReversed(), policy))).toEqual(keeps);
});

test('hours and days are those of the time zone', () => {
  const runs = [runAt('2026-11-21T22:30:00Z'), runAt('2026-11-21T23:30:00Z'), runAt('2026-11-22T10:00:00Z')];
  expect(kept(runs, { daily: 2 })).toEqual(['2026-11-22T10:00', '2026-11-21T23:30']);
  expect(kept(runs, { daily: 1, timeZone: 'Europe/Berlin' })).toEqual(['2026-11-22T10:00']);
  const [first, second] = decideRetention(runs, { daily: 2, timeZone: 'Europe/Berlin' });
  expect(first?.reasons).toEqual(['daily 2026-11-22']);
  expect(second).toMatchObject({ keep: false, reasons: ['no rule keeps it'] });
});

test('the hour that a clock set back repeats is two', () => {
  // In Berlin both are 02:30 on 25 October.
  const runs = [runAt('2026-10-25T00:30:00Z'), runAt('2026-10-25T01:30:00Z')];
  expect(kept(runs, { hourly: 2, timeZone: 'Europe/Berlin' })).toHaveLength(2);
});

test('a month before the 31st is the last day of a shorter month', () => {
  const runs = ['2026-03-31', '2026-03-01', '2026-02-28'].map((day) => runAt(`${day}T12:00:00Z`));
  expect(days(kept(runs, { within: '1m' }))).toEqual(['2026-03-31', '2026-03-01']);
});

test('incomplete runs take no place, and go once a complete run has come after them', () => {
  const runs = [
    runAt('2026-11-21T12:00:00Z', { complete: false }),
    runAt('2026-11-20T12:00:00Z'),
    runAt('2026-11-19T12:00:00Z', { complete: false }),
    runAt('2026-11-18T12:00:00Z'),
  ];
  expect(days(kept(runs, { last: 2 }))).toEqual(['2026-11-21', '2026-11-20', '2026-11-18']);
  expect(days(kept(runs, { within: '36h' }))).toEqual(['2026-11-21', '2026-11-20', '2026-11-19']);
  const [newest, , replaced] = decideRetention(runs, { last: 2 });
  expect(newest?.reasons).toEqual(['no complete run came after it']);
  expect(replaced?.reasons).toEqual(['incomplete, and a complete run came after it']);
});

test('suspect runs take no place and push no good one out, until they are accepted', () => {
  const suspect = { since: 'x', files: 20, lost: 20, reasons: ['it holds no file'] };
  const runs = [
    runAt('2026-11-22T12:00:00Z', { suspect }),
    runAt('2026-11-21T12:00:00Z'),
    runAt('2026-11-20T12:00:00Z', { suspect }),
    runAt('2026-11-19T12:00:00Z'),
  ];
  expect(days(kept(runs, { last: 1 }))).toEqual(['2026-11-22', '2026-11-21']);
  const [newest, , replaced] = decideRetention(runs, { last: 1 });
  expect(newest?.reasons).toEqual(['suspect, and no complete run came after it']);
  expect(replaced?.reasons).toEqual(['suspect, and a complete run came after it']);
  const accepted = { ...suspect, acceptedAt: '2026-11-23T12:00:00Z' };
  expect(days(kept([{ ...runAt('2026-11-22T12:00:00Z'), suspect: accepted }, ...runs.slice(1)], { last: 1 }))).toEqual([
    '2026-11-22',
  ]);
});

test('a backup that was suspended before it opened its run takes its place by the id, not by its start', () => {
  const runs = [
    runAt('2026-11-20T12:00:00.500Z', { run: '20261120T120000Z-0123abcd' }),
    // Started before the other, but opened after it.
    runAt('2026-11-19T12:00:00.500Z', { run: '20261120T120001Z-0123abcd' }),
    runAt('2026-11-20T12:00:00.700Z', { run: '20261120T120000Z-00000000', complete: false }),
  ];
  for (const given of [runs, runs.toReversed()]) {
    const decided = decideRetention(given, { last: 1, daily: 1, within: '1h' });
    expect(decided.map(({ run }) => run.run)).toEqual([runs[1]?.run, runs[2]?.run, runs[0]?.run]);
    expect(decided[0]?.reasons).toEqual(['last 1 of 1', 'daily 2026-11-20', 'within 1h of the newest']);
    expect(decideRetention(given, { last: 1 }).map(({ keep }) => keep)).toEqual([true, false, false]);
  }
});

test('with force, the newest complete run goes too', () => {
  const decided = decideRetention(daily('2026-11-21', 3), { last: 0 }, { force: true });
  expect(decided.map(({ keep }) => keep)).toEqual([false, false, false]);
});

test('every reason says which rule keeps a run, and what for', () => {
  const runs = [...daily('2026-11-21', 2), runAt('2026-10-31T08:15:00Z', { tags: ['release'] })];
  const policy = { last: 3, hourly: 1, daily: 2, weekly: 4, monthly: 2, yearly: 2, within: '2d', tags: ['release'] };
  expect(decideRetention(runs, policy).map(({ reasons }) => reasons)).toEqual([
    [
      'last 1 of 3',
      'hourly 2026-11-21T12+00:00',
      'daily 2026-11-21',
      'weekly 2026-W47',
      'monthly 2026-11',
      'yearly 2026',
      'within 2d of the newest',
    ],
    ['last 2 of 3', 'daily 2026-11-20', 'within 2d of the newest'],
    ['last 3 of 3', 'weekly 2026-W44', 'monthly 2026-10', 'oldest, for yearly has room', 'tag release'],
  ]);
});

test('the last good run of a part of the tree stays while a later one of that part is suspect, whatever other parts there are', () => {
  const docs = { filters: { include: ['docs/'] } };
  const photos = { filters: { include: ['photos/'] } };
  const good = runAt('2026-11-20T12:00:00Z', docs);
  const suspect = { since: good.run, files: 20, lost: 20, reasons: ['it holds no file'] };
  const runs = [
    runAt('2026-11-22T13:00:00Z', photos),
    runAt('2026-11-22T12:00:00Z', { ...docs, suspect }),
    runAt('2026-11-21T13:00:00Z', photos),
    runAt('2026-11-21T12:00:00Z', { ...docs, suspect }),
    good,
  ];
  expect(decideRetention(runs, { last: 1 }).map(({ keep }) => keep)).toEqual([true, true, false, true, true]);
  expect(decideRetention(runs, { last: 1 }).at(-1)?.reasons).toEqual([
    'run 2026-11-21T12:00:00Z, which is suspect, was compared with it',
  ]);
  const again = runAt('2026-11-23T12:00:00Z', docs);
  expect(days(kept([again, ...runs], { last: 1 }))).toEqual(['2026-11-23']);
  // A slip in the filters is made good by those of before.
  const slipped = runAt('2026-11-22T12:00:00Z', { filters: { include: ['dosc/'] }, suspect });
  expect(days(kept([again, slipped, good], { last: 1 }))).toEqual(['2026-11-23']);
});
