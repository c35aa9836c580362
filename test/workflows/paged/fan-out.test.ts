import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fanOut } from '../../../src/workflows/paged/fan-out.ts';

const size = fc.integer({ min: 0, max: 30 });
const limit = fc.integer({ min: 1, max: 40 });

test('gives one result per item, in input order, whatever the order in which the runs end', async () => {
  await fc.assert(
    fc.asyncProperty(size, limit, fc.scheduler(), async (count, limit, scheduler) => {
      const items = Array.from({ length: count }, (_, i) => i);
      const done = fanOut(items, (item) => scheduler.schedule(Promise.resolve(item * 2)), { limit });
      await scheduler.waitFor(done);
      expect(await done).toEqual(items.map((item) => ({ status: 'fulfilled', value: item * 2 })));
    }),
  );
});

test('never has more runs under way than the limit, and as many as the limit while items wait', async () => {
  await fc.assert(
    fc.asyncProperty(size, limit, fc.scheduler(), async (count, limit, scheduler) => {
      let underWay = 0;
      let started = 0;
      const run = async () => {
        started += 1;
        underWay += 1;
        expect(underWay).toBeLessThanOrEqual(limit);
        await scheduler.schedule(Promise.resolve());
        underWay -= 1;
      };
      const done = fanOut(Array.from({ length: count }), run, { limit });
      await new Promise(setImmediate);
      while (scheduler.count() > 0) {
        expect(underWay).toBe(Math.min(limit, count - (started - underWay)));
        await scheduler.waitNext(1);
        await new Promise(setImmediate);
      }
      await done;
      expect(started).toBe(count);
    }),
    { numRuns: 50 },
  );
});

test('collects every failure and still runs the rest', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.boolean(), { maxLength: 30 }),
      limit,
      fc.scheduler(),
      async (fails, limit, scheduler) => {
        const done = fanOut(
          fails,
          async (fail, index) => {
            await scheduler.schedule(Promise.resolve());
            if (fail) throw new Error(`no ${index}`);
            return index;
          },
          { limit },
        );
        await scheduler.waitFor(done);
        const seen = (await done).map((result) =>
          result.status === 'rejected' ? (result.reason as Error).message : result.value,
        );
        expect(seen).toEqual(fails.map((fail, index) => (fail ? `no ${index}` : index)));
      },
    ),
  );
});

test('starts nothing while the gate is closed and goes on when it opens', async () => {
  let open = () => undefined as void;
  let closed = new Promise<void>((resolve) => (open = resolve));
  const started: number[] = [];
  const done = fanOut([0, 1, 2, 3, 4], async (item) => void started.push(item), { limit: 2, gate: () => closed });
  await new Promise(setImmediate);
  expect(started).toEqual([]);
  open();
  closed = Promise.resolve();
  await done;
  expect(started.toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4]);
});

test('a run that throws synchronously is a failure like any other', async () => {
  const run = (item: number): Promise<number> => {
    if (item === 1) throw new Error('at once');
    return Promise.resolve(item);
  };
  const results = await fanOut([0, 1, 2], run, { limit: 3 });
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
});

test('after an error that stops it, starts nothing further and throws it once the others have ended', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 20 }),
      limit,
      fc.nat(),
      fc.scheduler(),
      async (count, limit, pick, scheduler) => {
        const bad = pick % count;
        const stop = new Error('stop');
        let stoppedAt: number | undefined;
        let underWay = 0;
        const started: number[] = [];
        const done = fanOut(
          Array.from({ length: count }, (_, i) => i),
          async (item) => {
            expect(stoppedAt).toBeUndefined();
            started.push(item);
            underWay += 1;
            await scheduler.schedule(Promise.resolve());
            underWay -= 1;
            if (item !== bad) return;
            stoppedAt = started.length;
            throw stop;
          },
          { limit, stopOn: (error) => error === stop },
        );
        const outcome = done.catch((error: unknown) => error);
        await scheduler.waitFor(outcome);
        expect(await outcome).toBe(stop);
        expect(underWay).toBe(0);
      },
    ),
  );
});
