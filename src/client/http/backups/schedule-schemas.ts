import { z } from 'zod';
import type { AppliedChange } from '../../schedules/apply-schedules.ts';
import type { ScheduleInfo } from '../../schedules/schedule-info.ts';

const time = z.iso.datetime();
const count = z.int().min(0);

/** One schedule in an answer. */
export const scheduleInfoSchema = z
  .strictObject({
    source: z.string().meta({ description: 'The name of its source' }),
    when: z.string().meta({ description: 'Its cron, or how often' }),
    timeZone: z.string(),
    paused: z.boolean(),
    note: z.string().optional().meta({ description: 'Why it is paused' }),
    next: z.array(time).meta({ description: 'When the next runs start, before any jitter' }),
    last: z.strictObject({ at: time, instanceId: z.string() }).optional().meta({ description: 'The last start' }),
    running: z.array(z.string()).meta({ description: 'Instances that are under way' }),
    started: count.meta({ description: 'Starts so far' }),
    skipped: count.meta({ description: 'Starts left out because a run was under way' }),
    missed: count.meta({ description: 'Starts that were missed for longer than is made up for' }),
  })
  .meta({ description: 'The schedule of a source' }) satisfies z.ZodType<
  unknown,
  { [K in keyof ScheduleInfo]: unknown }
>;

/** The body of applying the sources file. */
export const applyBodySchema = z
  .strictObject({
    dryRun: z.boolean().optional().meta({ description: 'Change nothing, and tell what would be changed' }),
  })
  .meta({ description: 'How to apply the sources file' });

/** What applying the sources file did, in an answer. */
export const appliedSchema = z
  .strictObject({
    source: z.string(),
    what: z.enum(['schedule', 'watch']),
    change: z.enum(['created', 'updated', 'removed', 'unchanged']),
    differences: z.array(z.string()).optional().meta({ description: 'In which respects it was another' }),
  })
  .meta({ description: 'What became of one schedule, or of one watch' }) satisfies z.ZodType<
  unknown,
  { [K in keyof AppliedChange]: unknown }
>;
