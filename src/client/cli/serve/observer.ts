import type { Config } from '../../../config.ts';
import type { RequestObserver } from '../../../storage/observe-requests.ts';
import { traceRequests } from '../../../telemetry/trace-requests.ts';

/** Who is told of requests to storage: what counts them, what traces them, both or nobody, which costs nothing. */
export function requestObserver(config: Config, counter?: RequestObserver): RequestObserver | undefined {
  if (!config.tracing) return counter;
  if (!counter) return traceRequests;
  return (begin) => {
    const ends = [counter(begin), traceRequests(begin)];
    return (end) => ends.forEach((tell) => tell(end));
  };
}
