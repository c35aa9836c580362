import { z } from 'zod';
import { runtimeStatuses, type JobFilter, type RuntimeStatus } from '../../jobs/job.ts';
import { anyText, anyTexts, readList, readTime, strict, time, type Read } from '../parameters.ts';

const instanceIdPrefix = { instanceIdPrefix: anyText('What the ids begin with') };

/** Of a list. What it does not know of is left out, as Durable Functions does. */
export const listFilter = {
  createdTimeFrom: time('Started then or later'),
  createdTimeTo: time('Started then or before'),
  runtimeStatus: anyTexts('One of them, or several with commas between them'),
  ...instanceIdPrefix,
};

const knownStatus = z.enum(runtimeStatuses, {
  error: ({ input }) => `${JSON.stringify(input)} is not one of ${runtimeStatuses.join(', ')}`,
});

/** Of a purge, where what is left out would delete more than was meant: a time or a status that cannot be read is refused. */
export const purgeFilter = {
  createdTimeFrom: strict(readTime, "Please provide value for 'createdTimeFrom' parameter.", {
    description: 'Started then or later',
    type: 'string',
    format: 'date-time',
    examples: ['2030-01-31T12:00:00Z'],
  }),
  createdTimeTo: strict(
    (text) => (text === '' ? null : readTime(text)),
    'createdTimeTo is not an ISO time, such as 2030-01-31T12:00:00Z',
    { description: 'Started then or before', type: 'string', format: 'date-time' },
  ).optional(),
  runtimeStatus: z
    .preprocess((given) => readList(given).map((name) => statusOf(name) ?? name), z.array(knownStatus))
    .optional()
    .meta({ description: 'One of them; commas do too' }),
  ...instanceIdPrefix,
};

/** The filter that either of them asks for. */
export function jobFilterOf(asked: Read<typeof listFilter> | Read<typeof purgeFilter>): JobFilter {
  const { createdTimeFrom: createdFrom, createdTimeTo: createdTo, runtimeStatus = [], instanceIdPrefix = '' } = asked;
  const statuses = [...new Set(runtimeStatus.flatMap((name) => statusOf(name) ?? []))];
  return {
    ...(createdFrom && { createdFrom }),
    ...(createdTo && { createdTo }),
    ...(statuses.length > 0 && { statuses }),
    ...(instanceIdPrefix !== '' && { instanceIdPrefix }),
  };
}

function statusOf(name: string): RuntimeStatus | undefined {
  return runtimeStatuses.find((status) => status.toLowerCase() === name.toLowerCase());
}
