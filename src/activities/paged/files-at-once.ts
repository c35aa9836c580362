import { performance } from 'node:perf_hooks';
import { createTurnstile } from '../../lib/turnstile.ts';

const fewest = 16;
// Enough for a service that is 20 ms away and a thread that handles ten thousand files a second.
export const mostFilesAtOnce = 256;
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
  const underWay = createTurnstile(() => allowed);
  let lookedAt = now();

  const look = () => {
    if (now() - lookedAt < lookEvery) return;
    lookedAt = now();
    const busy = share();
    if (busy > tooBusy) allowed = Math.max(fewest, allowed * less);
    else if (busy < hasTime && underWay.inside >= allowed - 1) allowed = Math.min(mostFilesAtOnce, allowed * more);
  };
  return {
    begin: async (signal) => {
      await underWay.enter(signal);
      let ended = false;
      return () => {
        if (ended) return;
        ended = true;
        look();
        underWay.leave();
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
