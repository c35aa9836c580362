import { readRecord, writeRecord } from '../../history/records/own-record.ts';
import type { RunFate } from '../../contracts/prune.ts';
import type { Prune } from '../../contracts/prune.ts';
import type { BlobStore } from '../../storage/blob-store.ts';
import { toCheckedLines } from '../../storage/ndjson.ts';
import { jobLayout } from '../../storage/run-layout.ts';
import type { StoredReader } from './stored-jobs.ts';

/** What becomes of a run. */
export interface PlannedRun {
  readonly kind: 'runs';
  readonly id: string;
  readonly fate: RunFate;
  /** Of a run that stays: whether all of its files made it, so that it will never be taken up again. */
  readonly complete?: boolean;
  /** Nothing of it is left but the mark that it is forgotten. */
  readonly isEmpty?: boolean;
}

/** What becomes of a restore or a verification: with its run gone, all of it goes; with it ended, what only its work needed. */
export interface PlannedReader extends Pick<StoredReader, 'kind' | 'id'> {
  readonly fate: 'kept' | 'ended' | 'gone';
}

/** One line of a plan. */
export type Planned = PlannedRun | PlannedReader;

export async function writePlan(store: BlobStore, prune: Prune, plan: readonly Planned[], signal: AbortSignal) {
  await writeRecord(store, jobLayout('prunes', prune).plan, toCheckedLines(plan), { signal });
}

/** Throws `ManifestInvalid` when the plan is damaged: of what it does not name nothing could be told. */
export async function readPlan(store: BlobStore, prune: Prune, signal: AbortSignal): Promise<readonly Planned[]> {
  return (await readRecord<Planned>(store, jobLayout('prunes', prune).plan, 'id', signal)).rows;
}
