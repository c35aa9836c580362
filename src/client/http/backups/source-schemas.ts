import { z } from 'zod';
import type { ListedSource } from '../../sources/sources-file.ts';
import { sourceHealths, type SourceStatus } from '../../sources/source-status.ts';
import type { SourceStatsRow } from '../../sources/watched-roots.ts';
import { suspicionSchema } from './schemas.ts';
import { runStates } from '../../../history/views/run-info.ts';

const count = z.int().min(0);
const time = z.iso.datetime();
const settings = (description: string) => z.looseObject({}).optional().meta({ description });

/** One source of the sources file in an answer. */
export const listedSourceSchema = z
  .strictObject({
    name: z.string(),
    root: z.string(),
    prefix: z.string(),
    worker: z.string().optional(),
    tags: z.array(z.string()).optional(),
    filters: settings('What of the tree is backed up'),
    maxLoss: z.number().optional().meta({ description: 'Share of the files that a run may lose before it is suspect' }),
    retention: settings('Which runs are kept'),
    schedule: settings('When it is backed up by itself; milliseconds'),
    limits: settings('What a backup of it may take'),
    after: settings('What follows a scheduled backup'),
    lastSuccess: time.nullable().meta({ description: 'When its newest complete run ended' }),
  })
  .meta({ description: 'One source' }) satisfies z.ZodType<unknown, { [K in keyof ListedSource]: unknown }>;

/** How one source is, in an answer. */
export const sourceStatusSchema = z
  .strictObject({
    source: z.string().nullable().meta({ description: 'Null for a directory that no source names' }),
    root: z.string(),
    prefix: z.string(),
    health: z.enum(sourceHealths),
    lastSuccess: z
      .strictObject({ run: z.string(), finishedAt: time.optional(), files: count.optional(), bytes: count.optional() })
      .nullable(),
    age: count.nullable().meta({ description: 'Seconds since the last success ended' }),
    lastRun: z
      .strictObject({
        run: z.string(),
        state: z.enum(runStates),
        startedAt: time,
        finishedAt: time.optional(),
        failed: count.optional(),
        suspect: suspicionSchema.optional(),
      })
      .nullable(),
    failuresSince: count.meta({
      description: 'Backups since the last success that are none, those too that made no run',
    }),
    failingSince: time.nullable().meta({ description: 'When the first of them failed' }),
    reason: z.string().nullable().meta({ description: 'Why the last of them is no success' }),
    failedBackups: z
      .array(z.strictObject({ at: time, instanceId: z.string(), type: z.string(), message: z.string() }))
      .meta({ description: 'Those that failed without leaving a manifest, newest first: the last ten' }),
    running: z
      .strictObject({
        instanceId: z.string(),
        run: z.string(),
        startedAt: time,
        progress: z.unknown().meta({ description: 'As the customStatus of the instance; null when nobody answers' }),
      })
      .nullable(),
    next: time.nullable().meta({ description: 'When the next run starts by itself' }),
  })
  .meta({ description: 'How a source is' }) satisfies z.ZodType<unknown, { [K in keyof SourceStatus]: unknown }>;

/** What one directory takes in storage, in an answer. */
export const statsRowSchema = z
  .strictObject({
    source: z.string().nullable().meta({ description: 'Null where no source has the prefix' }),
    prefix: z.string(),
    root: z.string().nullable().meta({ description: 'Null for what is of no run that can be read' }),
    runs: count,
    forgotten: count,
    incomplete: count,
    suspect: count,
    newest: z.strictObject({ run: z.string(), files: count, bytes: count }).nullable(),
    logicalBytes: count.meta({ description: 'The sum over all runs, as if nothing were shared' }),
    blobs: count,
    blobBytes: count,
    snapshots: count,
    snapshotBytes: count,
    dataBlobs: count,
    dataBytes: count,
  })
  .meta({ description: 'What backups of a directory take; one such object a line' }) satisfies z.ZodType<
  unknown,
  { [K in keyof SourceStatsRow]: unknown }
>;
