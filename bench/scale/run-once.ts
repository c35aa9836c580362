import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { measure } from '../against/product.ts';
import { readUsage } from '../against/process-usage.ts';
import type { Service } from '../against/service.ts';
import type { Measured } from '../against/tool.ts';
import { BenchError } from '../bench-error.ts';
import { workflowNames } from '../../src/contracts/job.ts';
import type { BackupSummary } from '../../src/contracts/backup.ts';

const lookEvery = 1000;

/** How things stood at one moment of a run. */
interface Sample {
  /** Since the start. */
  readonly seconds: number;
  /** Of the worker. */
  readonly residentBytes: number;
  /** In the history of the execution that ran then. */
  readonly events: number;
}

export interface ScaleRun extends Measured {
  readonly files: number;
  /** In the history of each execution of the chain, in their order. */
  readonly events: readonly number[];
  readonly samples: readonly Sample[];
}

/** Backs up a tree and looks at the worker and the history once a second. Throws when not all files were sent. */
export async function runOnce(service: Service, tree: string, files: number): Promise<ScaleRun> {
  const { client, taskQueue, workers } = service;
  const workflowId = randomUUID();
  const samples: Sample[] = [];
  const measured = await measure(service, async () => {
    const began = performance.now();
    const handle = await client.workflow.start(workflowNames.backup, { taskQueue, workflowId, args: [{ root: tree }] });
    const ended = new AbortController();
    const look = async () => {
      const { historyLength: events } = await handle.describe();
      const residentBytes = readUsage(workers[0]?.pid ?? 0)?.residentBytes ?? 0;
      samples.push({ seconds: (performance.now() - began) / 1000, residentBytes, events });
    };
    const looking = repeat(look, ended.signal);
    try {
      const { uploaded } = (await handle.result()) as BackupSummary;
      if (uploaded !== files) throw new BenchError(`Only ${uploaded} of ${files} files were uploaded.`);
    } finally {
      ended.abort();
      await looking;
    }
  });
  return { ...measured, files, events: await historyLengths(client, workflowId), samples };
}

/** Looks once a second, and a last time once the signal aborts. */
async function repeat(look: () => Promise<void>, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await look();
    await sleep(lookEvery, undefined, { signal }).catch(() => undefined);
  }
  await look();
}

/** Waits until Temporal lists all executions as ended, which comes a little later than their end. */
async function historyLengths(client: Client, workflowId: string): Promise<number[]> {
  for (;;) {
    const executions = await Array.fromAsync(client.workflow.list({ query: `WorkflowId = '${workflowId}'` }));
    const hasEnded = executions.some(({ status }) => status.name === 'COMPLETED');
    if (hasEnded && executions.every(({ status }) => status.name !== 'RUNNING')) {
      executions.sort((a, b) => a.startTime.getTime() - b.startTime.getTime());
      return executions.map(({ historyLength }) => historyLength);
    }
    await sleep(lookEvery);
  }
}
