import { setTimeout as sleep } from 'node:timers/promises';
import type { JobClient } from './job-client.ts';
import type { JobResult } from './job.ts';
import { resultOf } from './result.ts';

/** How a job ended, when it does so within `patience` milliseconds; else undefined. Asks Temporal once and is told. */
export async function waitForJob(
  { client, explain }: JobClient,
  instanceId: string,
  { patience, signal }: { patience: number; signal?: AbortSignal },
): Promise<JobResult | undefined> {
  const over = new AbortController();
  const until = signal ? AbortSignal.any([over.signal, signal]) : over.signal;
  const ended = client.withAbortSignal(until, () => resultOf(client.workflow.getHandle(instanceId)));
  try {
    return await Promise.race([ended, sleep(patience, undefined, { signal: until })]);
  } catch (error) {
    if (until.aborted) return undefined;
    throw explain(error);
  } finally {
    over.abort();
    ended.catch(() => undefined);
  }
}
