import type { Client } from '@temporalio/client';
import { scheduleId, watchId } from '../../src/contracts/scheduled.ts';

/** Removes the schedule of a source, and what watches it, as far as they are there. */
export async function removeSchedule(client: Client, source: string): Promise<void> {
  await client.schedule
    .getHandle(scheduleId(source))
    .delete()
    .catch(() => undefined);
  await client.workflow
    .getHandle(watchId(source))
    .terminate()
    .catch(() => undefined);
}
