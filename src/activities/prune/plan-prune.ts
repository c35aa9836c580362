import type { IsRunning } from '../../claims/claim-root.ts';
import { claimedRuns, type ForgottenRun } from '../../claims/pruning-mark.ts';
import { laterFirst } from '../../history/forget/decide-retention.ts';
import { ExpectedError, failureTypes } from '../../contracts/failures.ts';
import type { Manifest } from '../../contracts/manifest.ts';
import type { Prune, PrunePlan, RunFate } from '../../contracts/prune.ts';
import { isSuspect } from '../../contracts/suspicion.ts';
import { readRecord, writeRecord } from '../../history/records/own-record.ts';
import { readManifest } from '../../history/records/read-manifest.ts';
import { listRuns } from '../../history/runs/run-catalogue.ts';
import { eachConcurrently } from '../../lib/each-concurrently.ts';
import type { BlobStore } from '../../storage/blob-store.ts';
import { toCheckedLines } from '../../storage/ndjson.ts';
import { jobLayout } from '../../storage/run-layout.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import type { Attempt } from '../paged/activity.ts';
import { readForgotten, sealForgotten, sealUnfinished } from './forget-runs.ts';
import { runningBackups, storedReaders, type StoredReader } from './jobs-under-way.ts';
import { requireApart } from './overlapping-prefixes.ts';

const manifestsAtOnce = 8;
const sealsAtOnce = 8;

/**
 * Decides what becomes of every run, restore and verification below the prefix, and writes it down. Nothing is deleted before that. Throws
 * what is wrong with a manifest that must be read: what its run needs could not be told; and `PruneRefused` while the newest run of a
 * directory is suspect.
 */
export function createPlanPrune({ store, isRunning }: ActivityDependencies) {
  return async ({ signal }: Attempt, prune: Prune): Promise<PrunePlan> => {
    await requireApart(store, prune.prefix, signal);
    const forgotten = prune.dryRun
      ? await readForgotten(store, prune.prefix, signal)
      : await claimedRuns(store, prune, signal);
    const readers = await storedReaders(store, prune.prefix, isRunning, signal);
    const runs = await planRuns({ store, isRunning, prune, signal }, forgotten, readers);
    await writePlan(store, prune, [...runs, ...planReaders(readers, runs)], signal);
    const count = (fate: PlannedRun['fate']) => runs.filter((run) => run.fate === fate && !run.isEmpty).length;
    return {
      keptRuns: count('kept') + count('under way'),
      forgottenRuns: count('forgotten'),
      unfinishedRuns: count('unfinished'),
    };
  };
}

interface Planning {
  readonly store: BlobStore;
  readonly isRunning: IsRunning;
  readonly prune: Prune;
  readonly signal: AbortSignal;
}

async function planRuns(
  planning: Planning,
  forgotten: readonly ForgottenRun[],
  readers: readonly StoredReader[],
): Promise<PlannedRun[]> {
  const { store, isRunning, prune, signal } = planning;
  const { prefix } = prune;
  // In this order: a run leaves its mark before its folder, and its manifest before another backup takes the mark over.
  const ids = await Array.fromAsync(listRuns(store, prefix, signal));
  const present = new Set(ids);
  const backups = await runningBackups(store, prefix, isRunning, signal);
  // One that takes its run up again began before this prune, which has waited for it, or sees it and gives its mark back: its run may be judged.
  const underWay = new Set(backups.filter(({ reopened }) => prune.dryRun || !reopened).map(({ run }) => run));
  const read = new Set(readers.filter(({ state }) => state === 'under way').map(({ run }) => run));
  const going = new Map(
    forgotten.filter(({ run }) => !underWay.has(run) && !read.has(run)).map((mark) => [mark.run, mark]),
  );
  const planned: PlannedRun[] = [];
  const manifests: Manifest[] = [];
  // All are read before any is sealed, so that what is refused changes nothing.
  await eachConcurrently(ids, manifestsAtOnce, async (id) => {
    if (going.has(id)) return;
    const manifest = await manifestOf(planning, id);
    planned.push(planRun(id, manifest, underWay));
    // Without their shards, which may be many.
    if (manifest) manifests.push({ ...manifest, shards: [] });
  });
  requireGood(manifests);
  const sealed = planned.map((run) => ({ run }));
  await eachConcurrently(sealed, sealsAtOnce, async (item) => {
    if (item.run.fate !== 'unfinished' || prune.dryRun || (await sealUnfinished(store, prune, item.run.id, signal)))
      return;
    item.run = { ...item.run, fate: 'under way' };
  });
  const runs = sealed.map(({ run }) => run);
  await eachConcurrently(going.values(), sealsAtOnce, async (mark) => {
    const isFinal = prune.dryRun || (await sealForgotten(store, prune, mark, signal));
    const isEmpty = !present.has(mark.run);
    runs.push(
      isFinal
        ? { kind: 'runs', id: mark.run, fate: 'forgotten', ...(isEmpty && { isEmpty }) }
        : planRun(mark.run, await manifestOf(planning, mark.run), underWay),
    );
  });
  return runs;
}

async function manifestOf({ store, prune: { prefix }, signal }: Planning, id: string): Promise<Manifest | undefined> {
  return (await readManifest(store, { prefix, id }, signal))?.manifest;
}

function planRun(id: string, manifest: Manifest | undefined, underWay: ReadonlySet<string>): PlannedRun {
  if (underWay.has(id)) return { kind: 'runs', id, fate: 'under way' };
  if (manifest === undefined) return { kind: 'runs', id, fate: 'unfinished' };
  return { kind: 'runs', id, fate: 'kept', complete: manifest.complete };
}

function planReaders(readers: readonly StoredReader[], runs: readonly PlannedRun[]): PlannedReader[] {
  const stays = new Set(runs.filter(({ fate }) => fate === 'kept' || fate === 'under way').map(({ id }) => id));
  return readers.map(({ kind, id, run, state }) => {
    if (state === 'under way' || run === undefined) return { kind, id, fate: 'kept' };
    if (!stays.has(run)) return { kind, id, fate: 'gone' };
    return { kind, id, fate: state === 'ended' ? 'ended' : 'kept' };
  });
}

/**
 * Throws `PruneRefused` while the newest run of a directory is suspect: what older runs hold may then be all that is left of it. `manifests`
 * are those of the runs that stay, in any order.
 */
export function requireGood(manifests: readonly Manifest[]): void {
  for (const [root, runs] of Map.groupBy(manifests, (manifest) => manifest.root)) {
    const [newest] = runs.toSorted(laterFirst);
    if (!newest || !isSuspect(newest)) continue;
    const { run, suspect } = newest;
    throw new ExpectedError(
      failureTypes.pruneRefused,
      `Run ${run}, the newest of ${root}, is suspect: ${suspect?.reasons.join('; ')}. Accept it with \`durable-backup accept ${run}\` if that is meant, or see to it that ${root} is whole and back it up again; until then nothing is deleted`,
    );
  }
}

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
interface PlannedReader extends Pick<StoredReader, 'kind' | 'id'> {
  readonly fate: 'kept' | 'ended' | 'gone';
}

/** One line of a plan. */
export type Planned = PlannedRun | PlannedReader;

async function writePlan(store: BlobStore, prune: Prune, plan: readonly Planned[], signal: AbortSignal) {
  await writeRecord(store, jobLayout('prunes', prune).plan, toCheckedLines(plan), { signal });
}

/** Throws `ManifestInvalid` when the plan is damaged: of what it does not name nothing could be told. */
export async function readPlan(store: BlobStore, prune: Prune, signal: AbortSignal): Promise<readonly Planned[]> {
  return (await readRecord<Planned>(store, jobLayout('prunes', prune).plan, 'id', signal)).rows;
}
