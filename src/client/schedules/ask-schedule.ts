import { ScheduleAlreadyRunning, ScheduleNotFoundError } from '@temporalio/client';
import { ExpectedError, failureTypes } from '../../contracts/failures.ts';
import type { JobClient } from '../jobs/job-client.ts';
import { JobExistsError } from '../jobs/start-job.ts';

/**
 * Asks Temporal to do something about the schedule of a source. Throws `InvalidInput` for one that it refuses, `ScheduleNotFound` for one
 * that was removed meanwhile, and {@link JobExistsError} for one that somebody else made meanwhile.
 */
export async function askSchedule<T>({ ask }: JobClient, source: string, call: () => Promise<T>): Promise<T> {
  try {
    return await ask(call);
  } catch (error) {
    throw explained(error, source);
  }
}

export function scheduleNotFound(source: string, fix: string): ExpectedError {
  return new ExpectedError(
    failureTypes.scheduleNotFound,
    `There is no schedule for a source ${JSON.stringify(source)}: ${fix}`,
  );
}

function explained(error: unknown, source: string): unknown {
  if (error instanceof ScheduleNotFoundError) return scheduleNotFound(source, 'it was removed meanwhile');
  if (error instanceof ScheduleAlreadyRunning) {
    return new JobExistsError(`Somebody else has made a schedule for ${source} meanwhile: apply again.`);
  }
  // So Temporal's client throws what the server says of a schedule that it cannot read.
  if (error instanceof TypeError) {
    const refused = `sources.${source}.schedule: Temporal refuses it: ${error.message}`;
    return new ExpectedError(failureTypes.invalidInput, refused, { cause: error });
  }
  return error;
}
