import type { Config } from '../../../config.ts';
import { mayHoldJobs } from '../../../embedded/data-dir.ts';
import type { Schedules } from '../../schedules/schedules.ts';
import type { Call } from '../invocation.ts';

/** Whether there can be none, and no job either: the embedded Temporal would know of them and was never started. */
export function knowsOfNothing({ temporal, embedded }: Config): boolean {
  return !temporal.named && !mayHoldJobs(embedded.dataDir);
}

/** Opens Temporal for what is done with the schedule of one source. No server is started to say that there is none. */
export async function withSchedule(
  call: Call,
  source: string,
  work: (schedules: Schedules) => Promise<number>,
): Promise<number> {
  if (!knowsOfNothing(call.config)) return withSchedules(call, work);
  const { scheduleNotFound } = await import('../../schedules/schedule-info.ts');
  throw scheduleNotFound(source);
}

/** Opens Temporal alone, the embedded one when the environment names none, for a command about schedules. */
export async function withSchedules(call: Call, work: (schedules: Schedules) => Promise<number>): Promise<number> {
  const { config, note } = call;
  const { openStack } = await import('./stack.ts');
  const { connectClient, temporalTarget } = await import('./temporal.ts');
  const { Jobs } = await import('../../jobs/jobs.ts');
  const { Schedules } = await import('../../schedules/schedules.ts');
  const stack = await openStack(config, note, { withStorage: false });
  try {
    const target = temporalTarget(stack.temporalAddress);
    const client = await connectClient(target);
    try {
      const { taskQueue } = config;
      return await work(new Schedules(new Jobs({ client, address: target.address, taskQueue }).client));
    } finally {
      await client.connection.close();
    }
  } finally {
    await stack.close();
  }
}
