import { setImmediate as nextTurn } from 'node:timers/promises';

// Milliseconds: heartbeats and other requests do not notice so short a delay.
const longest = 20;

/** The time that work which never waits for anything may take at a stretch. */
export interface Turn {
  /** Lets others, such as heartbeats and other requests, have their turn once they have waited for long enough. */
  readonly giveWay: () => Promise<void> | undefined;
}

export function createTurn(): Turn {
  let began = performance.now();
  const next = async () => {
    await nextTurn();
    began = performance.now();
  };
  return { giveWay: () => (performance.now() - began > longest ? next() : undefined) };
}
