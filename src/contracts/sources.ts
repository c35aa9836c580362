import { z } from 'zod';
import { longestWait, writtenByteRate, writtenByteSize, writtenDuration, writtenShare } from '../lib/units.ts';
import { prefixSchema } from './blob-prefix.ts';
import { filtersSchemaWith } from './filters.ts';
import { keepsNothing, retentionSchema } from './forget.ts';
import { flag, pathSchema, sourceNameSchema, tagsSchema, workerNameSchema, type Immutable } from './input.ts';
import { jobOptionsSchema } from './job.ts';
import { scheduleSchema } from './schedule.ts';
import { defaultMaxLoss } from './suspicion.ts';

const limits = z
  .strictObject({
    uploadLimit: writtenByteRate
      .exactOptional()
      .meta({ description: 'Most that each worker process sends of it a second: 10MiB' }),
    window: jobOptionsSchema.shape.window,
  })
  .exactOptional()
  .meta({ description: 'How much of the machine and the network a backup may take' });

const after = z
  .strictObject({
    forget: flag('Forget runs by the retention'),
    prune: flag('Delete from storage what no run refers to any more'),
    verify: z
      .strictObject({
        sample: writtenShare.meta({ description: 'Share of the files that is read back: 1%' }),
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
    missedAfter: writtenDuration
      .refine((given) => given <= longestWait, 'must be at most ten years')
      .exactOptional()
      .meta({ description: 'How long without a success is too long: 26h' }),
  })
  .refine(({ missed, missedAfter }) => (missed === undefined) === (missedAfter === undefined), {
    message: 'missed and missedAfter need each other: who is told, and after which time without a success',
  })
  .exactOptional()
  .meta({ description: 'Who is told of what' });

const source = z
  .strictObject({
    root: pathSchema('must be the directory that is backed up')
      .min(1, 'must not be empty')
      .refine((root) => !/^~(?:[/\\]|$)|\$\{/u.test(root), 'is taken as it is: write ~ and variables out')
      .meta({ description: 'The directory; a relative one begins where this file is' }),
    prefix: prefixSchema.exactOptional().meta({
      description: 'Put before the names of its blobs, a folder of its own; NAME/ unless given',
    }),
    worker: workerNameSchema
      .exactOptional()
      .meta({ description: 'Where the directory is: a name that workers have among their WORKER_NAMES' }),
    tags: tagsSchema.exactOptional().meta({ description: 'Every run gets these' }),
    filters: filtersSchemaWith(
      writtenByteSize.meta({ description: 'Larger files are left out: 100MiB' }),
    ).exactOptional(),
    maxLoss: writtenShare
      .meta({
        description: `Share of the last good run's files that a run may lose before it is suspect: 30%; ${defaultMaxLoss * 100}% unless given`,
      })
      .exactOptional(),
    retention: retentionSchema
      .refine((policy) => !keepsNothing(policy), 'keeps nothing: give it at least one rule, such as last: 7')
      .exactOptional(),
    schedule: scheduleSchema.exactOptional(),
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

/** The JSON Schema of the sources file as it is written, by which editors complete and check it. */
export function sourcesJsonSchema(): object {
  return z.toJSONSchema(sourcesSchema, { io: 'input' });
}

/** A source as it is written, its texts made values: durations are milliseconds, sizes bytes. */
export type WrittenSource = Immutable<z.infer<typeof source>>;

/** One entry of the sources file, checked and filled in: what is backed up by a name, where to, when, and what follows. */
export interface SourceDefinition extends WrittenSource {
  readonly name: string;
  /** No other source's prefix is or begins with it. */
  readonly prefix: string;
}

/** Who is told of what. */
export type SourceNotifications = NonNullable<WrittenSource['notify']>;

/** A webhook or a command, never both. */
export type NotificationTarget = NonNullable<SourceNotifications['success']>[number];
