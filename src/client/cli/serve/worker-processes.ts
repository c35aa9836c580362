import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { exitCodes, type Invocation } from '../invocation.ts';
import { siblingModule } from '../../../lib/sibling-module.ts';

interface WorkerProcesses extends Pick<Invocation, 'stop' | 'leave'> {
  readonly count: number;
  readonly log: Logger;
}

/**
 * Keeps `count` worker processes running until `stop` aborts, upon which each of them gets SIGTERM; `leave` kills them. Returns the exit
 * code: 0 when all ended well. The first alone shows whether the configuration works: unless it ever was ready, its exit code is the
 * result and no other is started. Later on, one that ends is started again and the others do not notice.
 */
export async function keepWorkerProcesses(wanted: WorkerProcesses): Promise<number> {
  const { count, log, stop, leave } = wanted;
  if (stop.aborted) return exitCodes.done;
  const running = new Set<WorkerChild>();
  const killAll = (signal: NodeJS.Signals) => running.forEach((child) => child.kill(signal));
  stop.addEventListener('abort', () => killAll('SIGTERM'));
  leave.addEventListener('abort', () => {
    killAll('SIGKILL');
    process.exit(exitCodes.interrupted);
  });

  const waiting = new Set(Array.from({ length: count }, (_, i) => i + 1));
  const works = Promise.withResolvers<void>();
  const keep = (number: number) => {
    const onReady = () => {
      works.resolve();
      if (waiting.delete(number) && waiting.size === 0)
        log.info({ processes: count }, 'all worker processes are running');
    };
    return keepOne(wanted, { number, onReady, mustStart: number === 1, running });
  };
  const [first = 0, ...others] = waiting;
  const kept = [keep(first)];
  await Promise.race([works.promise, ...kept]);
  if (!waiting.has(first) && !stop.aborted) kept.push(...others.map(keep));
  const codes = await Promise.all(kept);
  return codes.find((code) => code !== exitCodes.done) ?? exitCodes.done;
}

interface Place {
  readonly number: number;
  readonly onReady: () => void;
  /** Whether it is given up when it fails before it ever was ready. */
  readonly mustStart: boolean;
  readonly running: Set<WorkerChild>;
}

/** Keeps one process running. Returns the exit code of the last, 0 when it ended as it was told to. */
async function keepOne({ log, stop }: WorkerProcesses, place: Place): Promise<number> {
  const { number } = place;
  let mayFail = !place.mustStart;
  for (let pause: number | undefined; ;) {
    const { livedMs, ...end } = await runOnce(place);
    if (stop.aborted) return codeOfStopped(end);
    mayFail ||= end.wasReady;
    if (!mayFail && end.exitCode) return end.exitCode;
    pause = restartPause(pause, livedMs);
    log.warn({ process: number, ...end, pauseMs: pause }, 'a worker process ended; it is started again');
    await sleep(pause, undefined, { signal: stop }).catch(() => undefined);
    if (stop.aborted) return exitCodes.done;
  }
}

async function runOnce({ number, onReady, running }: Place): Promise<ChildEnd> {
  const child = startWorkerChild(number, onReady);
  running.add(child);
  const end = await child.ended;
  running.delete(child);
  return end;
}

// A process that is told to stop before it listens to signals ends by them, and had begun nothing.
function codeOfStopped({ exitCode, signal, wasReady }: Omit<ChildEnd, 'livedMs'>): number {
  if (exitCode !== null) return exitCode;
  return !wasReady && (signal === 'SIGTERM' || signal === 'SIGINT') ? exitCodes.done : exitCodes.error;
}

const shortest = 1000;
const longest = 30_000;
const longLife = 60_000;

/** How long to wait before a process is started again, after which pause it lived how long; milliseconds. */
export function restartPause(lastPause: number | undefined, livedMs: number): number {
  if (lastPause === undefined || livedMs >= longLife) return shortest;
  return Math.min(longest, lastPause * 2);
}

const entry = fileURLToPath(siblingModule('../../../main', import.meta.url));

/** How a child process ended. */
interface ChildEnd {
  /** Null when a signal ended it, or when it could not be started. */
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly wasReady: boolean;
  readonly livedMs: number;
}

interface WorkerChild {
  readonly ended: Promise<ChildEnd>;
  readonly kill: (signal: NodeJS.Signals) => void;
}

/** Starts worker process `number`. It tells by its channel that it is ready, and ends when that breaks. */
function startWorkerChild(number: number, onReady: () => void): WorkerChild {
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

/** What a process knows of the one that keeps it running. */
interface Supervised {
  /** Resolves when that one is gone: nobody would stop this one any more. */
  readonly abandoned: Promise<void>;
  readonly ready: () => void;
  /** Lets go of it, so that this process can end. */
  readonly release: () => void;
}

/** For a process that was forked. */
export function supervised(): Supervised {
  return {
    abandoned: new Promise((resolve) => {
      if (!process.connected) resolve();
      process.once('disconnect', resolve);
    }),
    // Whoever is gone meanwhile need not be told.
    ready: () => void process.send?.('ready', undefined, undefined, () => undefined),
    release: () => {
      if (process.connected) process.disconnect();
    },
  };
}
