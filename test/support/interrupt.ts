import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { inject, type onTestFinished } from 'vitest';
import type { JobOptions } from '../../src/contracts/job.ts';
import type { BackupSummary } from '../../src/contracts/backup.ts';
import type { RestoreSummary } from '../../src/contracts/restore.ts';
import type { VerificationSummary } from '../../src/contracts/verification.ts';
import { createBlobProxy, type SeenRequest } from './blob-proxy.ts';
import { startWorkerProcess, type WorkerProcess, type WorkerSettings } from './worker-process.ts';

/** A dead worker is noticed after this; short, because each test waits for it. Milliseconds. */
const heartbeatTimeout = 3000;

interface Summaries {
  readonly backup: BackupSummary;
  readonly restore: RestoreSummary;
  readonly verify: VerificationSummary;
}

export interface Interrupted<J extends keyof Summaries> {
  readonly client: Client;
  /** Name of the workflow. */
  readonly job: J;
  readonly input: object;
  readonly options?: Partial<JobOptions>;
  /** A new one unless given. */
  readonly container?: string;
  /** Holds whatever the job reads or writes on disk. */
  readonly root: string;
  /** The request in the middle of which the worker dies. */
  readonly during: (request: SeenRequest) => boolean;
}

/** Runs a job, kills the worker without warning at the given moment, starts another and waits for the end. */
export async function interrupt<J extends keyof Summaries>(
  whenFinished: typeof onTestFinished,
  { client, job, input, options, root, during, container = `kill-${randomUUID()}` }: Interrupted<J>,
): Promise<{ result: Summaries[J]; container: string; before: SeenRequest[]; after: SeenRequest[] }> {
  const proxy = await createBlobProxy({ target: inject('connectionString') });
  const { connectionString } = proxy;
  const settings: WorkerSettings = { connectionString, taskQueue: randomUUID(), container, root };
  const workers: WorkerProcess[] = [await startWorkerProcess(settings)];
  whenFinished(async () => {
    await Promise.all(workers.map((worker) => worker.stop()));
    await proxy.close();
  });

  const held = proxy.hold(during);
  const handle = await client.workflow.start(job, {
    taskQueue: settings.taskQueue,
    workflowId: randomUUID(),
    args: [{ ...input, options: { heartbeatTimeout, ...options } }],
  });
  await held.reached;
  await workers[0]?.kill();
  const sentBefore = proxy.requests.length;
  workers.push(await startWorkerProcess(settings));
  held.release();
  const result = (await handle.result()) as Summaries[J];
  return {
    result,
    container,
    before: proxy.requests.slice(0, sentBefore),
    after: proxy.requests.slice(sentBefore),
  };
}
