import { expect, test } from 'vitest';
import { scheduleFault, type SourceSchedule } from '../../src/contracts/schedule.ts';

const hour = 3_600_000;

test.each<SourceSchedule>([
  { cron: '0 2 * * *' },
  { cron: '*/15 8-18 * * MON-FRI', timeZone: 'Europe/Berlin', jitter: hour },
  { cron: '0 2 1-7 * SUN' },
  { cron: '0 0 29 2 *' },
  { cron: '@daily', timeZone: 'America/Argentina/Buenos_Aires' },
  { cron: '0 0 * JAN,jul 0' },
  { cron: '0 2 * * 6-7' },
  { cron: '0 2 * * SUN,TUE-SAT', timeZone: 'Asia/Kolkata' },
  { cron: '@daily', timeZone: 'EST5EDT' },
  { every: 1000 },
  { every: 6 * hour, catchupWindow: 10_000 },
])('%o is a schedule', (schedule) => {
  expect(scheduleFault(schedule)).toBeUndefined();
});

test.each<[SourceSchedule, string, RegExp]>([
  [{}, 'cron', /either cron or every/u],
  [{ cron: '0 2 * * *', every: hour }, 'cron', /either cron or every/u],
  [{ cron: '0 0 30 2 *' }, 'cron', /"0 0 30 2 \*" never fires/u],
  [{ cron: '0 0 31 4,6,9,11 *', timeZone: 'Asia/Tokyo' }, 'cron', /never fires/u],
  [{ cron: '0 0 30 2 MON' }, 'cron', /never fires/u],
  [{ cron: '61 * * * *' }, 'cron', /cannot be read/u],
  [{ cron: '0 2 * *' }, 'cron', /must be five fields/u],
  [{ cron: '0 0 2 * * *' }, 'cron', /must be five fields/u],
  // What other programs read there, Temporal does not.
  [{ cron: '0 0 L * *' }, 'cron', /must be five fields/u],
  [{ cron: '0 0 15W * *' }, 'cron', /must be five fields/u],
  [{ cron: '0 2 * * MO' }, 'cron', /must be five fields/u],
  [{ cron: '@reboot' }, 'cron', /must be five fields/u],
  [{ cron: '@every 5s' }, 'cron', /must be five fields/u],
  [{ cron: 'CRON_TZ=UTC 0 2 * * *' }, 'cron', /must be five fields/u],
  [{ cron: '0 2 * * * # at night' }, 'cron', /must be five fields/u],
  [{ cron: '' }, 'cron', /must be five fields/u],
  [{ cron: '0 2 * * *', timeZone: 'Europe/Berlim' }, 'timeZone', /"Europe\/Berlim" is no time zone/u],
  [{ every: hour, timeZone: 'Europe/Berlin' }, 'timeZone', /goes with cron alone/u],
  [{ every: 999 }, 'every', /from a second/u],
  [{ every: Number.NaN }, 'every', /from a second/u],
  [{ every: hour, jitter: -1 }, 'jitter', /at most a year/u],
  // To Temporal, Sunday is before the others; and it takes zones in the case of the database alone.
  [{ cron: '0 2 * * SAT-SUN' }, 'cron', /write 6-7$/u],
  [{ cron: '0 2 * * mon,fri-sun' }, 'cron', /write 5-7$/u],
  [{ cron: '0 2 * * 0-SUN' }, 'cron', /write SUN$/u],
  [{ cron: '0 2 * * *', timeZone: 'europe/berlin' }, 'timeZone', /write Europe\/Berlin$/u],
  [{ cron: '0 2 * * *', timeZone: 'asia/kolkata' }, 'timeZone', /is not how the time zone is written/u],
  [{ cron: '0 2 * * *', timeZone: '+01:00' }, 'timeZone', /is no time zone/u],
  [{ every: hour, catchupWindow: 9999 }, 'catchupWindow', /at least ten seconds/u],
  [{ every: hour, catchupWindow: 11 * 366 * 24 * hour }, 'catchupWindow', /at most ten years/u],
])('%o is refused for its %s', (schedule, field, message) => {
  expect(scheduleFault(schedule)).toEqual({ field, message: expect.stringMatching(message) as string });
});
