import { Client, Connection, defaultPayloadConverter } from '@temporalio/client';
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import type { Execution } from '../../../src/client/jobs/execution.ts';
import { LiveProgress } from '../../../src/client/jobs/live-progress.ts';

// Nobody is asked: all that is shown comes with the description.
const client = new Client({ connection: Connection.lazy({ address: '127.0.0.1:1' }) });

// No time passes but what a test lets pass.
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] });
  onTestFinished(() => void vi.useRealTimers());
});

/** What a description says of a job that has published these bytes, and of its copies under way. */
function described(bytes: number, underWay: readonly unknown[], { runId = 'a', status = 'RUNNING' } = {}): Execution {
  const pendingActivities = underWay.map((details) => ({
    heartbeatDetails: { payloads: [defaultPayloadConverter.toPayload(details)] },
  }));
  const progress = { phase: 'copying', files: 3, bytes };
  return { runId, status: { name: status }, memo: { progress }, raw: { pendingActivities } } as unknown as Execution;
}

test('the bytes of copies under way count as soon as they were reported', async () => {
  const live = new LiveProgress();
  const running = described(100, [{ files: 0, bytes: 20 }, undefined, { bytes: 3 }, { lines: 7 }]);
  expect(await live.of(client, running)).toEqual({ phase: 'copying', files: 3, bytes: 123, transferred: 23 });
});

test('a copy that has ended does not take its bytes along until its job has published them', async () => {
  const live = new LiveProgress();
  const bytes = async (execution: Execution) => ((await live.of(client, execution)) as { bytes: number }).bytes;
  expect(await bytes(described(100, [{ bytes: 50 }, { bytes: 10 }]))).toBe(160);
  expect(await bytes(described(100, [{ bytes: 30 }]))).toBe(160);
  expect(await bytes(described(100, [{ bytes: 30 }], { runId: 'b' }))).toBe(130);
  expect(await bytes(described(150, [{ bytes: 40 }]))).toBe(190);
  // A copy that begins anew has indeed stored less.
  expect(await bytes(described(150, []))).toBe(190);
  vi.advanceTimersByTime(3001);
  expect(await bytes(described(150, []))).toBe(150);
});

test('of a job that has ended, or that counts no bytes, what it published is all', async () => {
  const live = new LiveProgress();
  expect(await live.of(client, described(100, [{ bytes: 50 }]))).toMatchObject({ bytes: 150 });
  expect(await live.of(client, described(120, [{ bytes: 50 }], { status: 'COMPLETED' }))).toMatchObject({ bytes: 120 });
  const batch = { ...described(0, [{ bytes: 50 }]), memo: { progress: { total: 2, processed: 1 } } };
  expect(await live.of(client, batch)).toEqual({ total: 2, processed: 1 });
  const { memo: _, ...unpublished } = described(0, []);
  expect(await live.of(client, unpublished)).toBeNull();
});
