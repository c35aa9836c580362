import { z } from 'zod';
import { prefixSchema } from '../../contracts/blob-prefix.ts';
import {
  byteRateHelp,
  parseByteRate,
  byteSizeHelp,
  parseByteSize,
  durationPattern,
  durationRule,
  longestWait,
  parseDuration,
  parseShare,
  shareRule,
} from '../../lib/units.ts';
import { filtersSchemaWith } from '../../contracts/filters.ts';
import { keepsNothing, retentionSchema, timeZoneSchema } from '../../contracts/forget.ts';
import { scheduleFault } from '../schedules/schedule-times.ts';
import { jobOptionsSchema } from '../../contracts/job.ts';
import { flag, sourceNameSchema, tagsSchema, workerNameSchema } from '../../contracts/input.ts';
import { defaultMaxLoss } from '../../contracts/suspicion.ts';

/** What `parse` makes a number of. */
function parsed(written: z.ZodType<string | number>, parse: (text: string) => number | undefined, rule: string) {
  return written.transform((given, context) => {
    const value = parse(String(given));
    if (value !== undefined) return value;
    context.issues.push({ code: 'custom', message: rule, input: given });
    return z.NEVER;
  });
}

const text = (pattern: RegExp, rule: string) => z.string(rule).regex(pattern, rule);
const textOrNumber = (rule: string) => z.union([z.number(), z.string()], rule);

const duration = (description: string) =>
  parsed(text(durationPattern, `must be ${durationRule}`), parseDuration, `must be ${durationRule}`)
    .refine((given) => given <= longestWait, 'must be at most ten years')
    .exactOptional()
    .meta({ description });

const filters = filtersSchemaWith(
  parsed(textOrNumber(byteSizeHelp), parseByteSize, byteSizeHelp).meta({
    description: 'Larger files are left out: 100MiB',
  }),
).exactOptional();

const schedule = z
  .strictObject({
    cron: z
      .string()
      .min(1, 'must not be empty')
      .exactOptional()
      .meta({ description: 'When: minute, hour, day of month, month, day of week, such as 0 3 * * *; or @daily' }),
    every: duration('How often instead, counted from 1970: 6h, 1d'),
    timeZone: timeZoneSchema.exactOptional().meta({ description: 'Whose hours a cron means; UTC unless given' }),
    jitter: duration('Each start is put off by a random time up to this: 10m'),
    catchupWindow: duration('How late a start is still made up for that was missed: 1d'),
  })
  .superRefine((given, context) => {
    const fault = scheduleFault(given);
    if (fault) context.addIssue({ code: 'custom', message: fault.message, path: [fault.field] });
  })
  .exactOptional()
  .meta({ description: 'When the source is backed up by itself' });

const limits = z
  .strictObject({
    uploadLimit: parsed(textOrNumber(byteRateHelp), parseByteRate, byteRateHelp)
      .exactOptional()
      .meta({ description: 'Most that each worker process sends of it a second: 10MiB' }),
    window: jobOptionsSchema.shape.window,
  })
  .exactOptional()
  .meta({ description: 'How much of the machine and the network a backup may take' });

const share = (description: string) =>
  parsed(textOrNumber(`must be ${shareRule}`), parseShare, `must be ${shareRule}`).meta({ description });

const after = z
  .strictObject({
    forget: flag('Forget runs by the retention'),
    prune: flag('Delete from storage what no run refers to any more'),
    verify: z
      .strictObject({
        sample: share('Share of the files that is read back: 1%'),
      })
      .exactOptional()
      .meta({ description: 'Read a share of what the run stored, and compare it' }),
  })
  .exactOptional()
  .meta({ description: 'What follows a scheduled backup' });

const targets = (what: string) =>
  z
    .array(
      z
        .strictObject({
          webhook: z
            .url({ protocol: /^https?$/u, error: 'must be the address of a web page: https://…' })
            .exactOptional()
            .meta({ description: 'Where a POST goes to' }),
          command: z
            .array(z.string().min(1, 'must not be empty'))
            .min(1, 'must name a program')
            .exactOptional()
            .meta({ description: 'A program and its arguments, run by the worker without a shell' }),
        })
        .refine(({ webhook, command }) => (webhook === undefined) !== (command === undefined), {
          message: 'give either webhook or command',
        }),
    )
    .exactOptional()
    .meta({ description: `Who is told ${what}` });

const notify = z
  .strictObject({
    success: targets('that a run succeeded'),
    failure: targets('that a run failed'),
    missed: targets('that no run has succeeded for missedAfter'),
    missedAfter: duration('How long without a success is too long: 26h'),
  })
  .refine(({ missed, missedAfter }) => (missed === undefined) === (missedAfter === undefined), {
    message: 'missed and missedAfter need each other: who is told, and after which time without a success',
  })
  .exactOptional()
  .meta({ description: 'Who is told of what' });

const source = z
  .strictObject({
    root: z
      .string('must be the directory that is backed up')
      .min(1, 'must not be empty')
      .refine((root) => !root.includes('\0'), 'holds a null character, which no path can')
      .refine((root) => !/^~(?:[/\\]|$)|\$\{/u.test(root), 'is taken as it is: write ~ and variables out')
      .meta({ description: 'The directory; a relative one begins where this file is' }),
    prefix: prefixSchema.exactOptional().meta({
      description: 'Put before the names of its blobs, a folder of its own; NAME/ unless given',
    }),
    worker: workerNameSchema
      .exactOptional()
      .meta({ description: 'Where the directory is: a name that workers have among their WORKER_NAMES' }),
    tags: tagsSchema.exactOptional().meta({ description: 'Every run gets these' }),
    filters,
    maxLoss: share(
      `Share of the last good run's files that a run may lose before it is suspect: 30%; ${defaultMaxLoss * 100}% unless given`,
    ).exactOptional(),
    retention: retentionSchema
      .refine((policy) => !keepsNothing(policy), 'keeps nothing: give it at least one rule, such as last: 7')
      .exactOptional(),
    schedule,
    limits,
    after,
    notify,
  })
  .refine((given) => given.after?.forget !== true || given.retention !== undefined, {
    path: ['after', 'forget'],
    message: 'needs a retention that says what is kept',
  });

/** The sources file as it is written. */
export const sourcesSchema = z
  .strictObject({
    sources: z
      .record(sourceNameSchema, source, 'must name sources, each with its root')
      .meta({ description: 'What is backed up, each by its name' }),
  })
  .meta({ title: 'durable-backup: sources' });

/** A source as it is written, its texts made values. */
export type WrittenSource = z.output<typeof source>;

/** The JSON Schema of the sources file as it is written, by which editors complete and check it. */
export function sourcesJsonSchema(): object {
  return z.toJSONSchema(sourcesSchema, { io: 'input' });
}
