import { randomUUID } from 'node:crypto';
import { workflowNames } from '../../src/contracts/job.ts';
import type { BackupInput, Tally } from '../../src/contracts/backup.ts';
import type { RestoreInput, RestoreTally } from '../../src/contracts/restore.ts';
import type { BenchKit } from './bench-kit.ts';
import { readUsage, resetPeak, sumUsage, type Usage } from './process-usage.ts';
import { openService, type Service } from './service.ts';
import type { Measured, Tool } from './tool.ts';

const name = 'durable-backup';
/** For reports: what is measured of whom. */
export const timing = `${name} is measured with its service up, from the call that starts the workflow to its result; the others from the start of their process to its end`;

/** This project with its service up, and with several workers under a name that says so. */
export async function openProduct(kit: BenchKit, workers = 1): Promise<Tool> {
  const service = await openService(kit, workers);
  const count = workers === 1 ? 'one worker' : `${workers} workers`;
  const run = (workflow: string, input: BackupInput | RestoreInput, outcome: keyof Tally | keyof RestoreTally) =>
    measure(service, async () => {
      const options = { taskQueue: service.taskQueue, workflowId: randomUUID(), args: [input] };
      const tally = (await service.client.workflow.execute(workflow, options)) as Partial<Tally & RestoreTally>;
      if (tally[outcome] !== tally.files) throw new Error(`Not all files are ${outcome}: ${JSON.stringify(tally)}`);
    });
  return {
    name: workers === 1 ? name : `${name}, ${count}`,
    version: 'of this tree',
    how: `${count} and a Temporal server that are up; defaults`,
    container: service.container,
    backUp: (tree) => run(workflowNames.backup, { root: tree }, 'uploaded'),
    backUpAgain: (tree) => run(workflowNames.backup, { root: tree }, 'unchanged'),
    restore: (tree, into) => run(workflowNames.restore, { run: 'latest', root: tree, target: into }, 'restored'),
  };
}

/** Measures what the service does. Throws when one of its workers ends meanwhile. */
export async function measure({ workers, serverPid }: Service, work: () => Promise<void>): Promise<Measured> {
  const pids = workers.map(({ pid }) => pid);
  for (const pid of pids) resetPeak(pid);
  const before = { workers: sumUsage(pids), server: readUsage(serverPid) };
  const began = performance.now();
  await Promise.race([work(), ...workers.map(({ failed }) => failed)]);
  const seconds = (performance.now() - began) / 1000;
  const after = { workers: sumUsage(pids), server: readUsage(serverPid) };
  return {
    seconds,
    cpuSeconds: cpuBetween(before.workers, after.workers),
    peakBytes: after.workers?.peakBytes,
    serverCpuSeconds: cpuBetween(before.server, after.server),
  };
}

function cpuBetween(before: Usage | undefined, after: Usage | undefined): number | undefined {
  return before && after && after.cpuSeconds - before.cpuSeconds;
}
