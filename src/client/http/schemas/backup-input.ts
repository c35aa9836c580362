import { z } from 'zod';
import type { BackupInput, BackupOptions } from '../../../shared/contract.ts';

const whole = (least: number, most: number, description: string) =>
  z.int().min(least).max(most).optional().meta({ description });

/** What tunes a run; the worker holds the same bounds. */
const backupOptionsSchema = z.strictObject({
  window: whole(1, 1000, 'Copies in flight at once, over all workers'),
  pageEntries: whole(1, 100_000, 'Most entries listed into one page'),
  pageCopies: whole(1, 2000, 'Most copies planned for one page'),
  smallTreeFiles: whole(0, 2000, 'A tree of at most this many files is copied one activity per file'),
  packFiles: whole(1, 10_000, 'Most files in one pack'),
  packBytes: whole(0, 2 ** 40, 'Most bytes in one pack'),
  copyAttempts: whole(1, 1000, 'Attempts at one copy before its files count as failed'),
  heartbeatTimeout: whole(1000, 3_600_000, 'Milliseconds after which a silent worker is taken for dead'),
} satisfies Record<keyof BackupOptions, z.ZodType>);

export const backupInputSchema = z
  .strictObject({
    root: z.string().meta({
      description: "Absolute path of the directory on the worker's machine; empty means the worker's own directory",
    }),
    options: backupOptionsSchema.optional(),
  })
  .meta({ description: 'A backup of a directory tree' }) satisfies z.ZodType<unknown, BackupInputSent>;

type BackupInputSent = { root: string; options?: { [K in keyof BackupOptions]?: number | undefined } | undefined };

/** The input as the workflow takes it. */
export function toBackupInput({ root, options }: z.infer<typeof backupInputSchema>): BackupInput {
  return { root, ...(options && { options: options as Partial<BackupOptions> }) };
}

/** The body of the original sample's start: the directory alone. */
export const siteContentSchema = z.string().nullable().meta({
  description: "Absolute path of the directory on the worker's machine; null, empty or no body means the worker's own",
});
