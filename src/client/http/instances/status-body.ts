import type { z } from 'zod';
import type { HistoryEvent } from '../../jobs/history-events.ts';
import type { JobStatus } from '../../jobs/job.ts';
import type { statusBodySchema } from '../schemas/answers.ts';

type StatusBody = z.infer<typeof statusBodySchema>;

/** The members and their order are those of Durable Functions; `null` stands for what is not there yet. */
export function statusBody(status: JobStatus, historyEvents?: readonly HistoryEvent[]): StatusBody {
  const { name, instanceId, runtimeStatus, input, customStatus, output, createdTime, lastUpdatedTime } = status;
  return {
    name,
    instanceId,
    runtimeStatus,
    input,
    customStatus,
    output,
    createdTime: wholeSeconds(createdTime),
    lastUpdatedTime: wholeSeconds(lastUpdatedTime),
    ...(historyEvents && { historyEvents: [...historyEvents] }),
  };
}

function wholeSeconds(time: Date): string {
  return `${time.toISOString().slice(0, 19)}Z`;
}
