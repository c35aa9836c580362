import { z } from 'zod';
import {
  differenceRowSchema,
  entryRowSchema,
  ledgerRowSchema,
  restoreBodySchema,
  runInfoSchema,
  verificationBodySchema,
} from '../backups/schemas.ts';
import { forgetBodySchema, forgetResultSchema } from '../backups/forget-schemas.ts';
import { pruneBodySchema } from '../backups/prune-schemas.ts';
import { appliedSchema, applyBodySchema, scheduleInfoSchema } from '../backups/schedule-schemas.ts';
import { listedSourceSchema, sourceStatusSchema, statsRowSchema } from '../backups/source-schemas.ts';
import { backupInputSchema, siteContentSchema } from '../schemas/backup-input.ts';
import { managementUrisSchema, purgeResultSchema, statusBodySchema } from '../schemas/answers.ts';
import { orderBatchSchema } from '../schemas/order-batch.ts';

const problemSchema = z
  .looseObject({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    Message: z.string().meta({ description: 'The detail again, where Durable Functions clients look for it' }),
  })
  .meta({ description: 'Problem details (RFC 9457)' });

const healthSchema = z.strictObject({ status: z.literal('up') }).meta({ description: 'The process is up' });

const readinessSchema = z
  .strictObject({
    status: z.literal('ready'),
    workers: z.boolean().meta({ description: 'Whether a worker has asked for work lately' }),
  })
  .meta({ description: 'The server may be sent requests' });

/** The schemas that stand in the document under a name of their own. */
const namedSchemas = {
  Backup: backupInputSchema
    .nullable()
    .meta({ description: "A backup of a directory tree; null or no body means the worker's own directory" }),
  SiteContent: siteContentSchema,
  OrderBatch: orderBatchSchema,
  ManagementUris: managementUrisSchema,
  Status: statusBodySchema,
  StatusList: z.array(statusBodySchema).meta({ description: 'A page of instances' }),
  PurgeResult: purgeResultSchema,
  Run: runInfoSchema,
  RunList: z.array(runInfoSchema).meta({ description: 'A page of runs, newest first' }),
  Forget: forgetBodySchema,
  Forgotten: forgetResultSchema,
  Prune: pruneBodySchema
    .nullable()
    .meta({ description: "A prune; null or no body means below the worker's own prefix" }),
  LedgerRow: ledgerRowSchema,
  EntryRow: entryRowSchema,
  DifferenceRow: differenceRowSchema,
  Restore: restoreBodySchema
    .nullable()
    .meta({ description: 'A restore; null or no body means all of it, where it was' }),
  Verification: verificationBodySchema
    .nullable()
    .meta({ description: 'A verification; null or no body means by a listing of the container' }),
  Schedule: scheduleInfoSchema,
  ScheduleList: z.array(scheduleInfoSchema).meta({ description: 'The schedules, by the names of their sources' }),
  Apply: applyBodySchema
    .nullable()
    .meta({ description: 'How to apply the sources file; null or no body means at once' }),
  AppliedList: z.array(appliedSchema).meta({ description: 'By the names of the sources' }),
  Times: z.array(z.iso.datetime()).meta({ description: 'Times' }),
  SourceList: z.array(listedSourceSchema).meta({ description: 'Sources' }),
  SourceStatusList: z.array(sourceStatusSchema).meta({ description: 'How sources are' }),
  StatsRow: statsRowSchema,
  Problem: problemSchema,
  Text: z.string().meta({ description: 'Text' }),
  Bytes: z.string().meta({ description: 'Bytes as they are', contentMediaType: 'application/octet-stream' }),
  Health: healthSchema,
  Readiness: readinessSchema,
  AnyJson: z.unknown().meta({ description: 'Any JSON value' }),
} as const;

export type SchemaName = keyof typeof namedSchemas;

export type JsonSchema = Readonly<Record<string, unknown>>;

export function componentSchemas(): Record<string, JsonSchema> {
  return Object.fromEntries(Object.entries(namedSchemas).map(([name, schema]) => [name, toJsonSchema(schema)]));
}

export function toJsonSchema(schema: z.ZodType): JsonSchema {
  const { $schema: _, ...found } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any', override: portable });
  return found;
}

type Patterned = { pattern?: string };

// Few readers of JSON Schema know Unicode's character classes.
function portable({ jsonSchema }: { jsonSchema: Patterned & { allOf?: unknown } }): void {
  const parts = Array.isArray(jsonSchema.allOf) ? (jsonSchema.allOf as Patterned[]) : [];
  for (const part of [jsonSchema, ...parts]) {
    if (part.pattern === undefined) continue;
    part.pattern = part.pattern
      .replaceAll(String.raw`\P{Cc}`, `[^${controls}]`)
      .replaceAll(String.raw`\p{Cc}`, controls);
  }
}

const controls = String.raw`\x00-\x1f\x7f-\x9f`;
