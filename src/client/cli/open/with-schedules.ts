import type { Schedules } from '../../schedules/schedules.ts';
import type { Call } from '../invocation.ts';

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
