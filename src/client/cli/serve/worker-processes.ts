import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { exitCodes } from '../exit-code.ts';
import type { Invocation } from '../invocation.ts';
import { restartPause } from './restart-pause.ts';
import { startWorkerChild, type ChildEnd, type WorkerChild } from './worker-child.ts';

export interface WorkerProcesses extends Pick<Invocation, 'stop' | 'leave'> {
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
