import { z } from 'zod';
import { knownPrefixSchema } from '../../../contracts/blob-prefix.ts';
import { suspicionSchema } from './schemas.ts';
import { type ForgetInput, type ForgetResult, type ForgetRow, retentionSchema } from '../../../contracts/forget.ts';
import { tagsSchema } from '../../../contracts/input.ts';

const mostRuns = 1000;
const flag = (description: string) => z.boolean().optional().meta({ description });

/** The body of a request to forget. */
export const forgetBodySchema = z
  .strictObject({
    runs: z
      .array(z.string())
      .min(1, 'must name at least one run')
      .max(mostRuns, `must be at most ${mostRuns}`)
      .optional()
      .meta({ description: 'Ids of runs, instead of a policy' }),
    policy: retentionSchema.optional(),
    root: z.string().optional().meta({ description: 'The policy decides about the runs of this directory alone' }),
    tags: tagsSchema
      .optional()
      .meta({ description: 'The policy decides about runs alone that have all of these tags' }),
    prefix: knownPrefixSchema.optional().meta({ description: "Of the runs; this server's BACKUP_PREFIX unless given" }),
    dryRun: flag('Change nothing, and say what would be done'),
    force: flag('Forget even the newest complete run of a directory, and all that the policy does not keep'),
    undo: flag('Take back that the named runs were forgotten, while their data are there'),
  })
  .meta({ description: 'Which runs to forget: by their ids, or by a policy' }) satisfies z.ZodType<
  unknown,
  { [K in keyof ForgetInput]: unknown }
>;

const count = z.int().min(0);

const rowSchema = z.strictObject({
  run: z.string().meta({ description: 'Its id' }),
  outcome: z.enum(['kept', 'forgotten', 'recalled']),
  reasons: z.array(z.string()).min(1),
  startedAt: z.string(),
  root: z.string().optional(),
  complete: z.boolean().optional(),
  suspect: suspicionSchema.optional(),
  files: count.optional(),
  bytes: count.optional(),
  tags: z.array(z.string()).optional(),
}) satisfies z.ZodType<unknown, { [K in keyof ForgetRow]: unknown }>;

/** The answer. */
export const forgetResultSchema = z
  .strictObject({
    dryRun: z.boolean(),
    kept: count,
    forgotten: count,
    recalled: count,
    runs: z.array(rowSchema).meta({ description: 'Directory by directory, newest first' }),
  })
  .meta({ description: 'What was forgotten, or in a dry run would be' }) satisfies z.ZodType<
  unknown,
  { [K in keyof ForgetResult]: unknown }
>;
