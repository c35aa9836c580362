import { InvalidArgumentError, Option, type Command } from 'commander';
import { exitCodes, untilStopped, type Call } from '../invocation.ts';
import { mostWorkerProcesses } from '../../../config-variables.ts';
import type { Config } from '../../../config.ts';
import { ExpectedError } from '../../../contracts/failures.ts';
import { errorsToo, perform, withCommonOptions, type Choose } from './options.ts';

const help = `
The rest is said by environment variables; docs/configuration.md lists them. UPLOAD_MEMORY_MB and WORKER_MAX_ACTIVITIES are of each process.

Exit codes: 0 stopped by a signal, 1 could not start, or failed, 130 stopped at the second Ctrl-C.

Example:
  durable-backup worker --processes 4`;

const mostPort = 65_535;

interface WorkerFlags {
  /** Before WORKER_PROCESSES. */
  readonly processes?: number;
  /** Which one this is of several that another process keeps running; counts from 1. */
  readonly process?: number;
}

/** `worker`: serves the task queues of an existing Temporal until it is told to stop, in one process or in several. */
export function addWorker(program: Command, choose: Choose): void {
  const command = program
    .command('worker')
    .description('runs the backups and other jobs that Temporal holds')
    .option('--processes <n>', 'processes that share the work; WORKER_PROCESSES unless given', processCount)
    .addOption(new Option('--process <n>').argParser(processCount).hideHelp())
    .addHelpText('after', help);
  perform(withCommonOptions(command, errorsToo), choose, work, 'info');
}

// Temporal's SDK takes a while to load, and neither help nor the process that keeps the others needs it.
async function work(call: Call & WorkerFlags): Promise<number> {
  const { config, log, processes, process: number } = call;
  const count = processes ?? config.worker.processes;
  if (number === undefined && count > 1) {
    requirePorts(config, count);
    const { keepWorkerProcesses } = await import('../serve/worker-processes.ts');
    return keepWorkerProcesses({ ...call, count });
  }
  const stop = untilStopped(call);
  const { serveWork, ofProcess } = await import('../serve/serve-work.ts');
  if (number === undefined) {
    await serveWork(config, log, stop);
    return exitCodes.done;
  }
  const { supervised } = await import('../serve/worker-processes.ts');
  const { abandoned, ready, release } = supervised();
  await serveWork(ofProcess(config, number), log.child({ process: number }), Promise.race([stop, abandoned]), ready);
  release();
  return exitCodes.done;
}

function requirePorts({ metrics: { port = 0 } }: Config, count: number): void {
  const last = port + count - 1;
  if (port === 0 || last <= mostPort) return;
  throw new ExpectedError(
    'InvalidConfiguration',
    `METRICS_PORT: each of ${count} processes has a port of its own from ${port} on, and there is no ${last}: set it to ${mostPort - count + 1} or less`,
  );
}

function processCount(text: string): number {
  if (/^\d{1,2}$/u.test(text) && Number(text) >= 1 && Number(text) <= mostWorkerProcesses) return Number(text);
  throw new InvalidArgumentError(`It must be a whole number from 1 to ${mostWorkerProcesses}.`);
}
