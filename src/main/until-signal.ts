import { exitCodes } from '../client/cli/exit-code.ts';
import { onInterrupt } from '../client/cli/interrupts.ts';

/** Resolves at the first SIGINT or SIGTERM; a later one ends the process at once. */
export function untilSignal(): Promise<void> {
  return new Promise((resolve) => {
    onInterrupt(resolve, () => process.exit(exitCodes.interrupted));
  });
}
