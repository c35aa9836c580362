import { createHash } from 'node:crypto';
import { z } from 'zod';
import { manifestInvalid } from '../records/manifest-invalid.ts';
import { readBlob } from '../records/read-blob.ts';
import { readLines } from '../records/read-lines.ts';
import { ExpectedError, failureTypes } from '../../contracts/failures.ts';
import type { BlobStore } from '../../storage/blob-store.ts';
import { jobLayout } from '../../storage/run-layout.ts';
import { displayPath } from '../../contracts/encoded-path.ts';
import type { Immutable } from '../../contracts/input.ts';
import { pathMembers } from './list-entries.ts';

/** A restore or a verification, by the id that its summary tells. */
export interface ReportedJob {
  readonly kind: 'restores' | 'verifications';
  readonly id: string;
}

/** A line of any ledger in storage, as far as it has these members. */
const storedRowSchema = z.object({
  path: z.string(),
  kind: z.string().exactOptional(),
  outcome: z.string(),
  attempts: z.int().exactOptional(),
  size: z.int().exactOptional(),
  sha256: z.string().exactOptional(),
  reason: z.string().exactOptional(),
});

type StoredRow = Immutable<z.infer<typeof storedRowSchema>>;

const count = z.int().min(0).exactOptional();

/** What became of one path in a run, a restore or a verification. */
export const ledgerRowSchema = z
  .strictObject({
    ...pathMembers,
    kind: z.string().exactOptional(),
    outcome: z.string(),
    attempts: count.meta({ description: 'Times that the file was read' }),
    bytes: count.meta({ description: 'Of what has a size' }),
    sha256: z.string().exactOptional().meta({ description: 'Of the bytes stored' }),
    reason: z.string().exactOptional(),
  })
  .meta({ id: 'LedgerRow', description: 'What became of one path; one such object a line' });

export type LedgerRow = Immutable<z.infer<typeof ledgerRowSchema>>;

/** Whether a job of this kind and id has left its report. */
export async function hasReport(
  store: BlobStore,
  prefix: string,
  { kind, id }: ReportedJob,
  signal: AbortSignal,
): Promise<boolean> {
  return (await store.properties(jobLayout(kind, { prefix, id }).manifest, signal)) !== undefined;
}

/**
 * The rows of the ledger of a job that has ended, in order. Each shard is checked against its hash before a row of it is given. Throws
 * an {@link ExpectedError} of type `RunNotFound` when there is no such job, and `ManifestInvalid` for what no job writes.
 */
export async function* readReportRows(
  store: BlobStore,
  prefix: string,
  job: ReportedJob,
  signal: AbortSignal,
): AsyncGenerator<StoredRow, undefined> {
  if (!(await hasReport(store, prefix, job, signal))) throw unknownReport(job);
  for await (const { name, metadata } of store.list(jobLayout(job.kind, { prefix, id: job.id }).shards, signal)) {
    const shard = await readBlob(store, name, signal);
    if (!shard || createHash('sha256').update(shard.bytes).digest('hex') !== metadata['sha256']) {
      throw manifestInvalid(name, 'is not what it has the SHA-256 of');
    }
    for await (const lines of readLines(name, shard.bytes)) for (const line of lines) yield parseRow(name, line);
  }
  return undefined;
}

function parseRow(blob: string, line: string): StoredRow {
  try {
    return storedRowSchema.parse(JSON.parse(line));
  } catch (error) {
    throw manifestInvalid(blob, 'holds a line that is no row of a ledger', error);
  }
}

function unknownReport({ kind, id }: ReportedJob): ExpectedError {
  const what = kind === 'restores' ? 'restore' : 'verification';
  return new ExpectedError(
    failureTypes.runNotFound,
    `There is no ${what} ${JSON.stringify(id)} that has ended: give the ${what}Id of its summary`,
  );
}

export function ledgerRow({ path, outcome, kind, attempts, size, sha256, reason }: StoredRow): LedgerRow {
  return {
    path: displayPath(path),
    encodedPath: path,
    ...(kind !== undefined && { kind }),
    outcome,
    ...(attempts !== undefined && { attempts }),
    ...(size !== undefined && (kind === undefined || kind === 'file') && { bytes: size }),
    ...(sha256 !== undefined && { sha256 }),
    ...(reason !== undefined && { reason }),
  };
}
