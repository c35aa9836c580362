import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decideRetention, type RetainableRun } from '../../../src/history/forget/decide-retention.ts';
import { retentionCounts, type RetentionPolicy } from '../../../src/contracts/forget.ts';

const kept = (runs: readonly RetainableRun[], policy: RetentionPolicy) =>
  decideRetention(runs, policy).flatMap(({ run, keep }) => (keep ? [run.run] : []));

const someRuns = fc
  .uniqueArray(
    fc.record({
      at: fc.integer({ min: Date.UTC(2024, 0), max: Date.UTC(2026, 11) }),
      complete: fc.boolean(),
      tags: fc.subarray(['a', 'b']),
    }),
    { selector: ({ at }) => at, maxLength: 40 },
  )
  .map((given) =>
    given.map(({ at, ...rest }): RetainableRun => {
      const startedAt = new Date(at).toISOString();
      return { run: startedAt, startedAt, ...rest };
    }),
  );

const somePolicy = fc.record(
  {
    ...Object.fromEntries(
      retentionCounts.map((name) => [name, fc.oneof(fc.nat({ max: 8 }), fc.constant('unlimited'))]),
    ),
    within: fc.constantFrom('1h', '3d', '2m', '1y1m1d1h'),
    tags: fc.subarray(['a', 'b']),
    timeZone: fc.constantFrom('UTC', 'Europe/Berlin', 'Asia/Kathmandu', 'America/St_Johns'),
  },
  { requiredKeys: [] },
) as fc.Arbitrary<RetentionPolicy>;

/** The policy with one of its counts raised. */
function more(policy: RetentionPolicy, name: (typeof retentionCounts)[number]): RetentionPolicy {
  const count = policy[name] ?? 0;
  return count === 'unlimited' ? policy : { ...policy, [name]: count + 1 };
}

test('a rule that keeps more never forgets what one that keeps less kept', () => {
  fc.assert(
    fc.property(someRuns, somePolicy, fc.constantFrom(...retentionCounts), (runs, policy, name) => {
      const few = new Set(kept(runs, policy));
      const many = new Set(kept(runs, more(policy, name)));
      expect([...few].filter((run) => !many.has(run))).toEqual([]);
    }),
  );
});

test('what a policy keeps it keeps again when the rest is gone', () => {
  fc.assert(
    fc.property(someRuns, somePolicy, (runs, policy) => {
      const first = decideRetention(runs, policy).filter(({ keep }) => keep);
      const second = decideRetention(
        first.map(({ run }) => run),
        policy,
      );
      expect(second.filter(({ keep }) => !keep)).toEqual([]);
    }),
  );
});

test('the newest complete run is always kept, and each run is decided about once, with a reason', () => {
  fc.assert(
    fc.property(someRuns, somePolicy, (runs, policy) => {
      const decided = decideRetention(runs, policy);
      expect(decided.map(({ run }) => run.run)).toEqual(
        runs
          .map(({ run }) => run)
          .toSorted()
          .toReversed(),
      );
      expect(decided.filter(({ reasons }) => reasons.length === 0)).toEqual([]);
      const newest = decided.find(({ run }) => run.complete);
      expect(newest?.keep ?? true).toBe(true);
    }),
  );
});
