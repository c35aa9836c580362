import { performance } from 'node:perf_hooks';
import { createWaitingLine } from '../shared/waiting-line.ts';

const fewest = 16;
// Enough for a service that is 20 ms away and a thread that handles ten thousand files a second.
const most = 256;
// Milliseconds.
const lookEvery = 50;
const tooBusy = 0.95;
const hasTime = 0.8;
const less = 0.8;
const more = 1.25;

/** A limit on the files that one process has under way, in all its activities together. */
export interface FilesAtOnce {
  /** Waits, in the order of asking, for its turn; the returned function ends it, once. Throws the signal's reason. */
  readonly begin: (signal: AbortSignal) => Promise<() => void>;
}

/** What the limit goes by. */
export interface Utilization {
  /** Milliseconds, from wherever they count. */
  readonly now: () => number;
  /** The share of the time since it was asked last, from 0 to 1, in which the main thread had work. */
  readonly share: () => number;
}

/**
 * As many as hide the time that answers take, and no more: while this thread is busy all the time, further files under way make each
 * of them dearer and none of them faster; while it has to wait there can be more.
 */
export function createFilesAtOnce({ now, share }: Utilization = ofEventLoop()): FilesAtOnce {
  let allowed = fewest * 4;
  let underWay = 0;
  let lookedAt = now();

  const look = () => {
    if (now() - lookedAt < lookEvery) return;
    lookedAt = now();
    const busy = share();
    if (busy > tooBusy) allowed = Math.max(fewest, allowed * less);
    else if (busy < hasTime && underWay >= allowed - 1) allowed = Math.min(most, allowed * more);
  };
  const isFree = () => underWay + 1 <= allowed;
  const serve = () => {
    while (line.first !== undefined && isFree()) {
      underWay += 1;
      line.letIn();
    }
  };
  const line = createWaitingLine<true>(serve);
  const end = () => {
    look();
    underWay -= 1;
    serve();
  };

  return {
    begin: async (signal) => {
      signal.throwIfAborted();
      if (line.first === undefined && isFree()) underWay += 1;
      else await line.wait(true, signal);
      let ended = false;
      return () => {
        if (ended) return;
        ended = true;
        end();
      };
    },
  };
}

function ofEventLoop(): Utilization {
  let last = performance.eventLoopUtilization();
  return {
    now: () => performance.now(),
    share: () => {
      const before = last;
      last = performance.eventLoopUtilization();
      return performance.eventLoopUtilization(last, before).utilization;
    },
  };
}
