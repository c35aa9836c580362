import { Command, InvalidArgumentError, Option } from 'commander';
import { mostWorkerProcesses } from '../config.ts';

const help = `
The rest is said by environment variables; README lists them. UPLOAD_MEMORY_MB and WORKER_MAX_ACTIVITIES are of each process.

Exit codes: 0 stopped by a signal, 1 could not start, or failed, 130 stopped at the second Ctrl-C.

Example:
  npm run worker -- --processes 4`;

export interface WorkerArguments {
  /** Before WORKER_PROCESSES. */
  readonly processes?: number;
  /** Which one this is of several that another process keeps running; counts from 1. */
  readonly process?: number;
}

/** Reads the command line. Ends the process when it asks for help (exit code 0) or makes no sense (1). */
export function readArguments(argv: readonly string[]): WorkerArguments {
  return new Command('worker')
    .description(
      'Runs backups, restores, verifications and order batches that Temporal holds, until it is told to stop.',
    )
    .option('--processes <n>', 'processes that share the work; WORKER_PROCESSES unless given', processCount)
    .addOption(new Option('--process <n>').argParser(processCount).hideHelp())
    .addHelpText('after', help)
    .showHelpAfterError('See `npm run worker -- --help`.')
    .parse(argv, { from: 'user' })
    .opts<WorkerArguments>();
}

function processCount(text: string): number {
  if (/^\d{1,2}$/u.test(text) && Number(text) >= 1 && Number(text) <= mostWorkerProcesses) return Number(text);
  throw new InvalidArgumentError(`It must be a whole number from 1 to ${mostWorkerProcesses}.`);
}
