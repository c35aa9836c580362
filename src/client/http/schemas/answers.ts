import { z } from 'zod';
import { runtimeStatuses } from '../../jobs/job.ts';

const uri = (description: string) => z.string().meta({ description });
const time = (description: string) =>
  z
    .string()
    .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/u)
    .meta({ description: `${description}, in whole seconds of UTC` });

/** The answer to a start: what a caller needs to follow and steer an instance. */
export const managementUrisSchema = z
  .strictObject({
    id: z.string(),
    statusQueryGetUri: uri('GET: how it stands'),
    sendEventPostUri: uri('POST: raises the event that stands in the place of {eventName}'),
    terminatePostUri: uri('POST: ends it; {text} is the reason'),
    rewindPostUri: uri('POST: runs again what failed; {text} is the reason'),
    purgeHistoryDeleteUri: uri('DELETE: forgets it'),
    restartPostUri: uri('POST: starts another one with the same input'),
    suspendPostUri: uri('POST: lets it start nothing more; {text} is the reason'),
    resumePostUri: uri('POST: lets it go on; {text} is the reason'),
  })
  .meta({ description: 'The URIs of an instance, each with a code that is good for this instance alone' });

export const runtimeStatusSchema = z.enum(runtimeStatuses).meta({ description: 'The state of an instance' });

/** The answer to a poll. */
export const statusBodySchema = z
  .strictObject({
    name: z.string().meta({ description: 'The name of the orchestrator' }),
    instanceId: z.string(),
    runtimeStatus: runtimeStatusSchema,
    input: z.unknown().meta({ description: 'As it was given; null when showInput is false' }),
    customStatus: z.unknown().meta({ description: 'Progress; of a failed instance also `failures`' }),
    output: z.unknown().meta({ description: 'The result, the text of the failure or the reason; null while it runs' }),
    createdTime: time('When it was started'),
    lastUpdatedTime: time('When something last happened'),
    historyEvents: z
      .array(z.record(z.string(), z.unknown()))
      .optional()
      .meta({ description: 'What happened, when showHistory is true' }),
    error: z
      .strictObject({ code: z.string(), message: z.string() })
      .optional()
      .meta({ description: 'Why it failed, in an answer of 500' }),
  })
  .meta({ description: 'How an instance stands' });

export const purgeResultSchema = z
  .strictObject({ instancesDeleted: z.int().min(1) })
  .meta({ description: 'How many instances were deleted' });
