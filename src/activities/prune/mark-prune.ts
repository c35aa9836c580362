import { mayBeRewritten } from '../../history/records/blob-names.ts';
import { systemFolder } from '../../contracts/blob-name.ts';
import type { MarkedPrune, Prune, PruneTally } from '../../contracts/prune.ts';
import { emptyPruneTally } from '../../contracts/prune-tally.ts';
import type { BlobStore, BlobVersion } from '../../storage/blob-store.ts';
import { jobLayout } from '../../storage/run-layout.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import type { Attempt } from '../paged/activity.ts';
import { createBlobHistory, type BlobHistory, type VersionFate } from './blob-history.ts';
import { createDoomedPages, doomed, tallyOfDoomed, type Doomed } from './doomed.ts';
import { openKeptRuns } from './kept-runs.ts';
import { ownData } from './own-data.ts';
import { prefixesBelow } from './overlapping-prefixes.ts';
import { readPlan } from './plan.ts';
import { createIsOver } from './writers.ts';

// Bounds memory, along with the manifests of the runs that stay.
const batchVersions = 10_000;

/**
 * Walks one listing of the prefix's blobs and snapshots along with what the runs that stay refer to, and writes down what is to be
 * deleted: versions of files first, then what jobs left for themselves. Deletes nothing. An attempt after the first does it all again.
 */
export function createMarkPrune({ store }: ActivityDependencies) {
  return ({ signal, show }: Attempt, prune: Prune): Promise<MarkedPrune> => {
    const progress = show({ listed: 0 });
    return mark(store, prune, signal, () => (progress.listed += 1));
  };
}

async function mark(store: BlobStore, prune: Prune, signal: AbortSignal, onBlob: () => void): Promise<MarkedPrune> {
  const { prefix, dryRun, options } = prune;
  const plan = await readPlan(store, prune, signal);
  const kept = await openKeptRuns(store, prefix, plan, signal);
  const pages = createDoomedPages(
    { store, signal },
    { pageEntries: options.pageEntries, blobOf: jobLayout('prunes', prune).page },
  );
  const tally: { -readonly [K in keyof PruneTally]: number } = { ...emptyPruneTally };

  const doom = async (items: readonly Doomed[]) => {
    for (const item of items) count(tally, tallyOfDoomed(item));
    if (!dryRun) await pages.add(items);
  };
  const settle = async (blobs: ReadonlyMap<string, BlobHistory>) => {
    await kept.note(blobs);
    // After these blobs were listed, so that whoever wrote one of them is found.
    const [isOver, others] = await Promise.all([
      createIsOver(store, prefix, plan, signal),
      prefixesBelow(store, prefix, signal),
    ]);
    const items: Doomed[] = [];
    for (const [name, history] of blobs) {
      const isTheirs = others.some((other) => name.startsWith(other));
      for (const [version, fate] of history.fates(isTheirs ? () => false : isOver)) {
        if (fate === 'delete') items.push(doomed(version));
        else count(tally, stayed(version, fate));
      }
    }
    await doom(items);
  };

  for await (const batch of batches(store.listVersions(prefix, signal), prefix, onBlob)) await settle(batch);
  kept.checkAll();
  for await (const item of ownData(store, prune, plan, signal)) await doom([item]);
  return { pages: dryRun ? 0 : await pages.end(), tally };
}

/** Blobs with their snapshots, some at a time. Those whose names do not tell their paths are kept apart, for they cost all manifests. */
async function* batches(
  source: AsyncIterable<BlobVersion>,
  prefix: string,
  onBlob: () => void,
): AsyncGenerator<ReadonlyMap<string, BlobHistory>> {
  const open = { plain: createBatch(), rewritten: createBatch() };
  for await (const versions of blobs(source)) {
    onBlob();
    const [{ name } = { name: '' }] = versions;
    const batch = mayBeRewritten(name, prefix) ? open.rewritten : open.plain;
    if (batch.add(name, versions) >= batchVersions) yield batch.take();
  }
  for (const batch of [open.plain.take(), open.rewritten.take()]) if (batch.size > 0) yield batch;
}

function createBatch() {
  let histories = new Map<string, BlobHistory>();
  let size = 0;
  return {
    add: (name: string, versions: readonly BlobVersion[]) => {
      histories.set(name, createBlobHistory(versions));
      size += versions.length;
      return size;
    },
    take: () => {
      const taken = histories;
      histories = new Map();
      size = 0;
      return taken;
    },
  };
}

/** The versions of each blob that is a file's, or nobody's. */
async function* blobs(source: AsyncIterable<BlobVersion>): AsyncGenerator<BlobVersion[]> {
  let versions: BlobVersion[] = [];
  for await (const version of source) {
    if (version.name.startsWith(`${systemFolder}/`)) continue;
    if (versions[0] !== undefined && versions[0].name !== version.name) {
      yield versions;
      versions = [];
    }
    versions.push(version);
  }
  if (versions.length > 0) yield versions;
}

function stayed({ size }: BlobVersion, fate: Exclude<VersionFate, 'delete'>): Partial<PruneTally> {
  return fate === 'keep' ? { kept: 1, keptBytes: size } : { foreign: 1, foreignBytes: size };
}

// One object for all, for there may be millions of versions.
function count(tally: { -readonly [K in keyof PruneTally]: number }, more: Partial<PruneTally>): void {
  for (const [name, number] of Object.entries(more)) tally[name as keyof PruneTally] += number;
}
