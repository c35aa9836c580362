import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { withHeartbeat } from '../../../src/activities/paged/heartbeat.ts';
import { environmentOf } from '../rig.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** How many heartbeats an activity sends in so many milliseconds of work. */
async function beatsIn(milliseconds: number, heartbeatTimeoutMs?: number): Promise<number> {
  const environment = environmentOf(heartbeatTimeoutMs === undefined ? {} : { heartbeatTimeoutMs });
  let beats = 0;
  environment.on('heartbeat', () => (beats += 1));
  const work = () => new Promise((resolve) => setTimeout(resolve, milliseconds));
  const ended = environment.run(() => withHeartbeat(work));
  await vi.advanceTimersByTimeAsync(milliseconds);
  await ended;
  await vi.advanceTimersByTimeAsync(milliseconds);
  return beats;
}

test('an activity that works on sends several heartbeats before its silence would count as death, and none afterwards', async () => {
  for (const timeout of [1000, 2000, 3000]) expect(await beatsIn(timeout - 1, timeout)).toBeGreaterThanOrEqual(3);
});

test('however long that is, a cancellation is learnt of every second', async () => {
  expect(await beatsIn(10_500, 60_000)).toBe(10);
  expect(await beatsIn(10_500)).toBe(10);
});
