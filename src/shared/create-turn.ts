import { setImmediate as nextTurn } from 'node:timers/promises';

// Milliseconds: heartbeats and other requests do not notice so short a delay.
const longest = 20;

/** The time that work which never waits for anything may take at a stretch. */
export interface Turn {
  /** Whether others, such as heartbeats and other requests, have waited for long enough. */
  readonly isOver: () => boolean;
  /** Lets them have their turn. */
  readonly next: () => Promise<void>;
}

export function createTurn(): Turn {
  let began = performance.now();
  return {
    isOver: () => performance.now() - began > longest,
    next: async () => {
      await nextTurn();
      began = performance.now();
    },
  };
}
