import { ExpectedError, failureTypes } from '../../../contracts/failures.ts';
import type { Call } from '../invocation.ts';

/**
 * Refuses a source where this process runs the worker itself: that one reads and writes here, and on a task queue that nobody else
 * uses. To serve a source for a moment would take work of other jobs that this process may not do.
 */
export function requireElsewhere(
  option: string,
  source: string | undefined,
  { worker, config }: Pick<Call, 'config'> & { readonly worker: boolean },
): void {
  if (source === undefined || (!worker && config.temporal.named)) return;
  throw new ExpectedError(
    failureTypes.invalidInput,
    `${option} ${source} names workers that run elsewhere, and this command would run one of its own: leave it out, or ${
      worker ? 'leave out --worker' : 'set TEMPORAL_ADDRESS to the server whose workers have it among their SOURCES'
    }`,
  );
}
