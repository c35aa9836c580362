import { ApplicationFailure } from '@temporalio/activity';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { asActivities, mayPass, type Attempt } from '../../../src/activities/paged/activity.ts';
import { ExpectedError, failureTypes } from '../../../src/contracts/failures.ts';
import { BlobStoreError, type BlobStoreErrorKind } from '../../../src/storage/blob-store.ts';
import { environmentOf } from '../rig.ts';

describe('heartbeats', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  /** What the heartbeats of an activity say in so many milliseconds of work. */
  async function beatsIn(milliseconds: number, heartbeatTimeoutMs?: number): Promise<unknown[]> {
    const environment = environmentOf(heartbeatTimeoutMs === undefined ? {} : { heartbeatTimeoutMs });
    const beats: unknown[] = [];
    environment.on('heartbeat', (counts: unknown) => beats.push(counts));
    const { count } = asActivities({
      count: async ({ show }: Attempt) => {
        const counts = show({ halves: 0 });
        for (let waited = 0; waited < milliseconds; waited += 500) {
          await new Promise((resolve) => setTimeout(resolve, 500));
          counts.halves += 1;
        }
      },
    });
    const ended = environment.run(count);
    await vi.advanceTimersByTimeAsync(milliseconds);
    await ended;
    await vi.advanceTimersByTimeAsync(milliseconds);
    return beats;
  }

  test('an activity that works on sends several before its silence would count as death, and none afterwards', async () => {
    for (const timeout of [1000, 2000, 3000]) {
      const beats = await beatsIn(timeout, timeout);
      expect(beats.length).toBeGreaterThanOrEqual(3);
      expect(beats.length).toBeLessThanOrEqual(4);
    }
  });

  test('however long that is, a cancellation is learnt of every second; each says what was counted by then', async () => {
    const beats = await beatsIn(10_500, 60_000);
    expect(beats).toHaveLength(10);
    expect(beats[0]).toEqual({ halves: expect.toSatisfy((halves) => halves === 1 || halves === 2) });
    expect(beats.at(-1)).toEqual({ halves: expect.toSatisfy((halves) => halves === 19 || halves === 20) });
  });

  test('one whose heartbeats nobody waits for sends none', async () => {
    expect(await beatsIn(10_500)).toEqual([]);
  });
});

describe('failures', () => {
  function failing(error: unknown): Promise<unknown> {
    const { fail } = asActivities({
      fail: async () => {
        throw error;
      },
    });
    return environmentOf()
      .run(fail)
      .catch((thrown: unknown) => thrown);
  }

  test.each([
    ['unavailable', failureTypes.storageUnavailable, false],
    ['precondition-failed', failureTypes.storageUnavailable, false],
    ['refused', failureTypes.storageRefused, true],
    ['not-found', failureTypes.storageRefused, true],
  ] satisfies [BlobStoreErrorKind, string, boolean][])(
    'storage that is %s fails with %s',
    async (kind, type, nonRetryable) => {
      const error = new BlobStoreError(kind, 'so it said');
      expect(mayPass(error)).toBe(!nonRetryable);
      const failure = await failing(error);
      expect(failure).toBeInstanceOf(ApplicationFailure);
      expect(failure).toMatchObject({ type, message: 'so it said', nonRetryable });
    },
  );

  test('an expected error keeps its type, which says whether it is worth trying again', async () => {
    const gone = new ExpectedError(failureTypes.runNotFound, 'there is no such run');
    expect(await failing(gone)).toMatchObject({ type: 'RunNotFound', nonRetryable: true });
    const silent = new ExpectedError(failureTypes.notificationFailed, 'it did not answer');
    expect(await failing(silent)).toMatchObject({ type: 'NotificationFailed', nonRetryable: false });
  });

  test('any other error stays what it is, and of a single file is for good', async () => {
    const error = new RangeError('a bug');
    expect(await failing(error)).toBe(error);
    expect(mayPass(error)).toBe(false);
  });
});
