import { onTestFinished } from 'vitest';
import type { MainProcess } from './main-process.ts';

/** A process that is started again whenever it was killed; the last one goes with the test. */
export interface Restarted<P> {
  readonly now: () => P;
  /** Kills it at once and resolves when the next one is ready. Of two who ask at the same time, one waits for the other. */
  readonly kill: () => Promise<void>;
  /** How often that was done. */
  readonly kills: () => number;
}

export async function restarted<P extends MainProcess>(start: () => Promise<P>): Promise<Restarted<P>> {
  let current = await start();
  let kills = 0;
  let last = Promise.resolve();
  onTestFinished(async () => void (await current.stop()));
  const killOnce = async () => {
    kills += 1;
    await current.kill();
    current = await start();
  };
  return {
    now: () => current,
    kills: () => kills,
    kill: () => {
      last = last.then(killOnce);
      return last;
    },
  };
}
