import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { workflowNames, type BackupInput, type Tally } from '../../src/shared/contract.ts';
import type { RestoreInput, RestoreTally } from '../../src/shared/restore.ts';
import { startMainProcess } from '../main-process.ts';
import { openTemporal } from '../servers.ts';
import { readUsage, resetPeak } from './process-usage.ts';
import type { Target } from './target.ts';
import type { Measured, Tool } from './tool.ts';

const taskQueue = 'bench';

/**
 * This project with its service up: a Temporal server and one `npm run worker` in processes of their own, both with their defaults.
 * Measured is a workflow from its start to its result. Files lie below `directory`; a
 * CPU profile of the worker goes into `profile`.
 */
export async function openProduct(
  directory: string,
  target: Target,
  container: string,
  profile?: string,
): Promise<Tool> {
  const dataDir = join(directory, 'temporal');
  const stack = await openTemporal(dataDir);
  const address = stack.temporalAddress ?? '';
  const env = {
    TEMPORAL_ADDRESS: address,
    TASK_QUEUE: taskQueue,
    AZURE_STORAGE_CONNECTION_STRING: target.connectionString,
    BACKUP_CONTAINER: container,
    BACKUP_ROOTS: directory,
    DATA_DIR: join(directory, 'data'),
  };
  const profiler = profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`];
  const worker = await startMainProcess('worker.ts', /worker is running/u, env, profiler);
  const connection = await Connection.connect({ address });
  const client = new Client({ connection });
  const server = await serverPid(dataDir);
  const run = (name: string, input: BackupInput | RestoreInput, outcome: keyof Tally | keyof RestoreTally) =>
    measure(worker.pid, server, async () => {
      const options = { taskQueue, workflowId: randomUUID(), args: [input] };
      const tally = (await client.workflow.execute(name, options)) as Partial<Tally & RestoreTally>;
      if (tally[outcome] !== tally.files) throw new Error(`Not all files are ${outcome}: ${JSON.stringify(tally)}`);
    });
  return {
    name: 'durable-backup',
    version: 'of this tree',
    how: 'one worker and a Temporal server that are up; defaults',
    container,
    backUp: (tree) => run(workflowNames.backup, { root: tree }, 'uploaded'),
    backUpAgain: (tree) => run(workflowNames.backup, { root: tree }, 'unchanged'),
    restore: (tree, into) => run(workflowNames.restore, { run: 'latest', root: tree, target: into }, 'restored'),
    close: async () => {
      await connection.close();
      await worker.stop();
      await stack.close();
    },
  };
}

async function measure(worker: number, server: number, work: () => Promise<void>): Promise<Measured> {
  resetPeak(worker);
  const before = { worker: readUsage(worker), server: readUsage(server) };
  const began = performance.now();
  await work();
  const seconds = (performance.now() - began) / 1000;
  const after = { worker: readUsage(worker), server: readUsage(server) };
  return {
    seconds,
    cpuSeconds: difference(before.worker?.cpuSeconds, after.worker?.cpuSeconds),
    peakBytes: after.worker?.peakBytes,
    serverCpuSeconds: difference(before.server?.cpuSeconds, after.server?.cpuSeconds),
  };
}

function difference(before: number | undefined, after: number | undefined): number | undefined {
  return before === undefined || after === undefined ? undefined : after - before;
}

/** The embedded stack leaves beside its data which process each server is. */
async function serverPid(dataDir: string): Promise<number> {
  const state = JSON.parse(await readFile(join(dataDir, 'stack', 'temporal.json'), 'utf8')) as { pid: number };
  return state.pid;
}
