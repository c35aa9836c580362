import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { siblingModule } from '../../../lib/sibling-module.ts';

const entry = fileURLToPath(siblingModule('../../../main', import.meta.url));

/** How a child process ended. */
export interface ChildEnd {
  /** Null when a signal ended it, or when it could not be started. */
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly wasReady: boolean;
  readonly livedMs: number;
}

export interface WorkerChild {
  readonly ended: Promise<ChildEnd>;
  readonly kill: (signal: NodeJS.Signals) => void;
}

/** Starts worker process `number`. It tells by its channel that it is ready, and ends when that breaks. */
export function startWorkerChild(number: number, onReady: () => void): WorkerChild {
  const startedAt = performance.now();
  const child = fork(entry, ['worker', '--process', String(number)], { stdio: 'inherit' });
  let wasReady = false;
  child.on('message', () => {
    wasReady = true;
    onReady();
  });
  const ended = new Promise<ChildEnd>((resolve) => {
    const end = (exitCode: number | null, signal: NodeJS.Signals | null) =>
      resolve({ exitCode, signal, wasReady, livedMs: performance.now() - startedAt });
    child.once('exit', end);
    // What never started does not exit.
    child.on('error', () => child.pid === undefined && end(null, null));
  });
  return { ended, kill: (signal) => void child.kill(signal) };
}
