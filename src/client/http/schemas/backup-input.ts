import { z } from 'zod';
import type { BackupInput } from '../../../contracts/backup.ts';
import type { JobOptions } from '../../../contracts/job.ts';
import { prefixSchema } from '../../../contracts/blob-prefix.ts';
import { byteRateBounds } from '../../../lib/units.ts';
import { filtersSchema } from '../../../contracts/filters.ts';
import { maxLossSchema } from '../../../contracts/suspicion.ts';
import { tagsSchema, workerNamePattern, workerNameRule, workerTimeoutBounds } from '../../../contracts/input.ts';

const whole = (least: number, most: number, description: string) =>
  z.int().min(least).max(most).optional().meta({ description });

/** A name of what workers have among their `WORKER_NAMES`. */
export const workerNameSchema = z.string().regex(workerNamePattern, `must be ${workerNameRule}`);

const flag = (description: string) => z.boolean().optional().meta({ description });

/** What tunes a run; the worker holds the same bounds. */
export const backupOptionsSchema = z.strictObject({
  window: whole(1, 1000, 'Copies in flight at once, over all workers'),
  pageEntries: whole(1, 100_000, 'Most entries listed into one page'),
  pageCopies: whole(1, 2000, 'Most copies planned for one page'),
  smallTreeFiles: whole(0, 2000, 'A tree of at most this many files is copied one activity per file'),
  packFiles: whole(1, 10_000, 'Most files in one pack'),
  packBytes: whole(0, 2 ** 40, 'Most bytes in one pack'),
  copyAttempts: whole(1, 1000, 'Attempts at one copy before its files count as failed'),
  busyRounds: whole(0, 20, 'How often files that others were busy with are taken up again'),
  busyPause: whole(0, 3_600_000, 'Milliseconds before the first such round; twice as long before each further one'),
  heartbeatTimeout: whole(1000, 3_600_000, 'Milliseconds after which a silent worker is taken for dead'),
  workerTimeout: whole(
    ...workerTimeoutBounds,
    'Milliseconds after which a job fails that no worker of the name takes up',
  ),
} satisfies Record<keyof JobOptions, z.ZodType>);

export const backupInputSchema = z
  .strictObject({
    root: z.string().meta({
      description: "Absolute path of the directory on the worker's machine; empty means the worker's own directory",
    }),
    worker: workerNameSchema.optional().meta({
      description:
        'Where the directory is: a name that workers have among their WORKER_NAMES; by default all can read it',
    }),
    prefix: prefixSchema.optional().meta({
      description:
        "Put before every blob's name: empty, or folders that each end in a slash; the worker's own unless given",
    }),
    checksum: flag('Read every file instead of going by size and times'),
    repair: flag('Look up what is unchanged in storage, and send again what is missing or damaged there'),
    takeOver: flag('Go on where another host has backed up so far, below the same prefix'),
    tags: tagsSchema.optional().meta({ description: 'Words that mark the run, to find it and to keep it by' }),
    uploadLimit: z
      .number()
      .min(byteRateBounds[0])
      .max(byteRateBounds[1])
      .optional()
      .meta({ description: 'Most bytes a second that each worker process sends of it' }),
    filters: filtersSchema.optional(),
    maxLoss: maxLossSchema.optional(),
    expectLoss: flag('Whatever is lost is meant: the run is not suspect'),
    options: backupOptionsSchema.optional(),
  })
  .meta({ description: 'A backup of a directory tree' }) satisfies z.ZodType<
  unknown,
  { [K in keyof BackupInput]: unknown }
>;

/** The input as the workflow takes it: a member is there or absent, never undefined. */
export function toBackupInput(sent: z.infer<typeof backupInputSchema>): BackupInput {
  return sent as BackupInput;
}

/** The body of the original sample's start: the directory alone. */
export const siteContentSchema = z.string().nullable().meta({
  description: "Absolute path of the directory on the worker's machine; null, empty or no body means the worker's own",
});
