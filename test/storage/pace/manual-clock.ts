import { setImmediate as turn } from 'node:timers/promises';
import type { Clock } from '../../../src/storage/pace/rate-limit.ts';

/** A clock that stands still until it is told to go on. */
export interface ManualClock extends Clock {
  /** How many wait to be called back. */
  readonly timers: number;
  /** Goes on, to each timer in turn that is due meanwhile, and lets what waited there do its work. */
  advance(milliseconds: number): Promise<void>;
  /** Goes on to the next timer; false when there is none. */
  next(): Promise<boolean>;
}

export function createManualClock(start = 5000): ManualClock {
  let now = start;
  const timers = new Set<{ readonly at: number; readonly callBack: () => void }>();

  const fireNext = async (until: number) => {
    const [next] = [...timers].sort((a, b) => a.at - b.at);
    if (!next || next.at > until) return false;
    timers.delete(next);
    now = Math.max(now, next.at);
    next.callBack();
    await turn();
    return true;
  };

  return {
    now: () => now,
    after: (milliseconds, callBack) => {
      const timer = { at: now + milliseconds, callBack };
      timers.add(timer);
      return () => void timers.delete(timer);
    },
    get timers() {
      return timers.size;
    },
    advance: async (milliseconds) => {
      const end = now + milliseconds;
      await turn();
      while (await fireNext(end));
      now = end;
    },
    next: async () => {
      await turn();
      return fireNext(Infinity);
    },
  };
}
