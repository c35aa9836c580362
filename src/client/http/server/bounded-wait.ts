import { HttpProblem } from '../problem.ts';
import type { Query } from '../query.ts';

/** Load balancers, Azure's among them, drop what is silent for longer. Seconds. */
const maxWait = 230;

/**
 * Milliseconds that the caller wants to wait for the end, as `timeout` and `pollingInterval` say in seconds; 0 unless both are there.
 * The interval only has to be there: nothing is polled. Throws a 400 {@link HttpProblem} for what cannot be waited for.
 */
export function readWait(query: Query): number {
  const timeout = query.number('timeout');
  const interval = query.number('pollingInterval');
  if (timeout === undefined || interval === undefined) return 0;
  if (timeout < 0 || interval < 0) throw new HttpProblem(400, 'timeout and pollingInterval must not be negative');
  if (interval > timeout) {
    throw new HttpProblem(400, `Total timeout ${timeout} should be bigger than retry timeout ${interval}`);
  }
  return Math.min(timeout, maxWait) * 1000;
}
