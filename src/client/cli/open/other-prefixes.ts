import { ExpectedError, failureTypes } from '../../../contracts/failures.ts';
import type { Call } from '../invocation.ts';

/**
 * Refuses a worker's name where this process runs the worker itself: that one reads and writes here, and on a task queue that nobody
 * else uses. To take the name for a moment would take work of other jobs that this process may not do.
 */
export function requireElsewhere(
  option: string,
  name: string | undefined,
  { worker, config }: Pick<Call, 'config'> & { readonly worker: boolean },
): void {
  if (name === undefined || (!worker && config.temporal.named)) return;
  throw new ExpectedError(
    failureTypes.invalidInput,
    `${option} ${name} names workers that run elsewhere, and this command would run one of its own: leave it out, or ${
      worker
        ? 'leave out --worker'
        : 'set TEMPORAL_ADDRESS to the server whose workers have it among their WORKER_NAMES'
    }`,
  );
}
