import { z } from 'zod';
import { knownPrefixSchema } from '../../../contracts/blob-prefix.ts';
import { mostPatience, type PruneInput } from '../../../contracts/prune.ts';
import { backupOptionsSchema } from '../schemas/backup-input.ts';

/** The body of a prune. */
export const pruneBodySchema = z
  .strictObject({
    prefix: knownPrefixSchema
      .optional()
      .meta({ description: "Below which to prune; the worker's BACKUP_PREFIX unless given" }),
    dryRun: z.boolean().optional().meta({ description: 'Delete nothing, and count what would be' }),
    patience: z
      .int()
      .min(0, 'must not be negative')
      .max(mostPatience, `must be at most ${mostPatience}`)
      .optional()
      .meta({ description: 'How long to wait for backups that began before, in milliseconds; a day unless given' }),
    options: backupOptionsSchema.optional(),
  })
  .meta({ description: 'What to prune' }) satisfies z.ZodType<unknown, { [K in keyof PruneInput]: unknown }>;
