import { setImmediate as nextTurn } from 'node:timers/promises';

const fewest = 16;
const most = 512;

/** Where to do short work on files. */
export interface ThreadChoice {
  /** Whether the next piece of work is for this thread rather than for the pool. Gives all others their turn now and then. */
  readonly isForThread: () => Promise<boolean>;
  /** To be told how many milliseconds each piece took that was done in this thread. */
  readonly onDone: (took: number) => void;
}

export interface ThreadChoiceOptions {
  /** Milliseconds. A piece of work that takes longer is worth being done by several threads. */
  readonly quick: number;
  /** Pieces after which others get their turn. */
  readonly callsInOneTurn: number;
}

/**
 * Short work on a local disk is for this thread, where it costs less than a trip through the thread pool. After two slow pieces in a row, for
 * one may only have waited for the processor, the next ones are for the pool, which waits for the disk in several threads at once; more of
 * them each time that another try was slow too.
 */
export function createThreadChoice({ quick, callsInOneTurn }: ThreadChoiceOptions): ThreadChoice {
  let toPool = 0;
  let afterSlow = fewest;
  let wasSlow = false;
  let done = 0;
  return {
    isForThread: async () => {
      if (toPool > 0) {
        toPool -= 1;
        return false;
      }
      done += 1;
      if (done % callsInOneTurn === 0) await nextTurn();
      return true;
    },
    onDone: (took) => {
      const isSlow = took > quick;
      if (!isSlow) afterSlow = fewest;
      else if (wasSlow) {
        toPool = afterSlow;
        afterSlow = Math.min(afterSlow * 2, most);
      }
      wasSlow = isSlow;
    },
  };
}
