import { z } from 'zod';
import { backupInputSchema } from '../../../contracts/backup.ts';
import { retentionSchema } from '../../../contracts/forget.ts';
import { listSources, type ListedSource } from '../../sources/sources-file.ts';
import { sourceStatusSchema, statusOfEach } from '../../sources/source-status.ts';
import { statsBelow, watchedPrefixes, watchedRoots, type SourceStatsRow } from '../../sources/watched-roots.ts';
import { lines, storageAnswers } from '../answers.ts';
import { prefixParameter } from '../parameters.ts';
import { route } from '../route.ts';
import { answerNdjson } from './answer-stream.ts';
import { backupsBelow } from './below.ts';

const count = z.int().min(0);
const time = z.iso.datetime();
const settings = (description: string) => z.looseObject({}).optional().meta({ description });

/** One source of the sources file in an answer. */
export const listedSourceSchema = z
  .strictObject({
    name: z.string(),
    root: z.string(),
    prefix: z.string(),
    ...backupInputSchema.pick({ worker: true, tags: true, filters: true, maxLoss: true }).shape,
    retention: retentionSchema.exactOptional(),
    schedule: settings('When it is backed up by itself; milliseconds'),
    limits: settings('What a backup of it may take'),
    after: settings('What follows a scheduled backup'),
    lastSuccess: time.nullable().meta({ description: 'When its newest complete run ended' }),
  })
  .meta({ description: 'One source' }) satisfies z.ZodType<unknown, { [K in keyof ListedSource]: unknown }>;

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
  .meta({
    id: 'StatsRow',
    description: 'What backups of a directory take; one such object a line',
  }) satisfies z.ZodType<unknown, { [K in keyof SourceStatsRow]: unknown }>;

const list = route({
  method: 'get',
  path: '/api/backups/sources',
  id: 'sources',
  tag: 'Sources',
  summary: 'What the sources file names.',
  answers: {
    ...storageAnswers,
    200: {
      description: 'The sources, in its order; none where there is no file',
      schema: z.array(listedSourceSchema).meta({ id: 'SourceList', description: 'Sources' }),
    },
  },
  async handle({ response, server, signal }) {
    const opened = await server.sources?.();
    response.json(opened ? await listSources(opened, backupsBelow(server, undefined), signal) : []);
  },
});

const status = route({
  method: 'get',
  path: '/api/backups/status',
  id: 'sourceStatus',
  tag: 'Sources',
  summary: 'How every source is.',
  query: prefixParameter,
  answers: {
    ...storageAnswers,
    200: {
      description: 'Sources, and directories without one',
      schema: z.array(sourceStatusSchema).meta({ id: 'SourceStatusList', description: 'How sources are' }),
    },
  },
  async handle({ response, server, query, signal }) {
    const backups = backupsBelow(server, query.prefix);
    const watched = await watchedRoots(await server.sources?.(), backups, signal);
    response.json(await statusOfEach({ backups, ask: (ask) => ask(server.jobs), signal }, watched));
  },
});

const stats = route({
  method: 'get',
  path: '/api/backups/stats',
  id: 'stats',
  tag: 'Sources',
  summary: 'What backups take in storage.',
  query: prefixParameter,
  answers: { ...storageAnswers, 200: lines(statsRowSchema) },
  async handle({ response, server, query: { prefix }, signal }) {
    const backups = backupsBelow(server, prefix);
    const prefixes = prefix === undefined ? watchedPrefixes(await server.sources?.(), backups.prefix) : [{ prefix }];
    await answerNdjson(response, statsBelow(backups, prefixes, signal), server.log);
  },
});

export const sourceRoutes = [list, status, stats];
