import { expect, test } from 'vitest';
import { keepsNothing, retentionSchema } from '../../src/contracts/forget.ts';
import { tagsSchema } from '../../src/contracts/input.ts';

const complaint = (value: unknown) => {
  const [issue] = retentionSchema.safeParse(value).error?.issues ?? [];
  return issue && `${issue.path.join('.')}: ${issue.message}`;
};

test('a policy of every rule is one', () => {
  const policy = {
    last: 3,
    hourly: 24,
    daily: 7,
    weekly: 5,
    monthly: 'unlimited',
    yearly: 0,
    within: '1y5m7d2h',
    tags: ['release', 'täglich'],
    timeZone: 'Europe/Berlin',
  };
  expect(retentionSchema.parse(policy)).toEqual(policy);
});

test.each([
  [{ daily: -1 }, 'daily: must be a whole number from 0 to 1000000, or unlimited'],
  [{ daily: 1.5 }, 'daily: must be a whole number from 0 to 1000000, or unlimited'],
  [{ daily: 'all' }, 'daily: must be a whole number from 0 to 1000000, or unlimited'],
  [{ within: '7' }, 'within: must be years, months, days and hours, in this order, such as 1y5m7d2h or 30d'],
  [{ within: '7d1y' }, 'within: must be years, months, days and hours, in this order, such as 1y5m7d2h or 30d'],
  [{ within: '' }, 'within: must be years, months, days and hours, in this order, such as 1y5m7d2h or 30d'],
  [{ within: '0d' }, 'within: must be longer than nothing'],
  [{ within: 7 }, 'within: must be a duration such as 1y5m7d2h'],
  [{ timeZone: 'Mars/Olympus' }, 'timeZone: must be the name of a time zone, such as Europe/Berlin'],
  [{ tags: ['a b'] }, 'tags.0: must be 1 to 100 characters without spaces, commas and control characters'],
  [{ tags: [''] }, 'tags.0: must be 1 to 100 characters without spaces, commas and control characters'],
  [{ dayly: 7 }, ': Unrecognized key: "dayly"'],
])('%j is refused, and it is said why', (value, why) => {
  expect(complaint(value)).toBe(why);
});

test('half of a character is no tag', () => {
  expect(tagsSchema.safeParse(['\ud800']).success).toBe(false);
});

test('a policy keeps nothing when no rule of it can want a run', () => {
  expect([{}, { last: 0 }, { daily: 0, tags: [] }, { timeZone: 'UTC' }].map(keepsNothing)).toEqual([
    true,
    true,
    true,
    true,
  ]);
  expect([{ last: 1 }, { yearly: 'unlimited' } as const, { within: '1h' }, { tags: ['a'] }].map(keepsNothing)).toEqual([
    false,
    false,
    false,
    false,
  ]);
});
