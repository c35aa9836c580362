import { exitCodes } from '../exit-code.ts';
import type { Invocation } from '../invocation.ts';

/** Resolves at the first SIGINT or SIGTERM; a later one ends the process at once. */
export function untilStopped({ stop, leave }: Pick<Invocation, 'stop' | 'leave'>): Promise<void> {
  leave.addEventListener('abort', () => process.exit(exitCodes.interrupted));
  return new Promise((resolve) => {
    if (stop.aborted) resolve();
    stop.addEventListener('abort', () => resolve());
  });
}
