import { systemFolder } from '../../contracts/blob-prefix.ts';
import { emptyPruneTally, type MarkedPrune, type Prune, type PruneTally } from '../../contracts/prune.ts';
import { startOf } from '../../contracts/manifest.ts';
import { mayBeRewritten } from '../../history/records/blob-names.ts';
import { readRecord, writeRecord } from '../../history/records/own-record.ts';
import { hasData } from '../../history/runs/run-catalogue.ts';
import type { BlobStore, BlobVersion } from '../../storage/blob-store.ts';
import { toCheckedLines } from '../../storage/ndjson.ts';
import { forgottenBlob, jobLayout, ownFolder } from '../../storage/run-layout.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import type { Attempt } from '../paged/activity.ts';
import { prefixesBelow } from './overlapping-prefixes.ts';
import { readPlan, type Planned } from './plan-prune.ts';
import { createBlobHistory, createIsOver, openKeptRuns, type BlobHistory, type VersionFate } from './references.ts';

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
  const pages = createDeletionPages(
    { store, signal },
    { pageEntries: options.pageEntries, blobOf: jobLayout('prunes', prune).page },
  );
  const tally: { -readonly [K in keyof PruneTally]: number } = { ...emptyPruneTally };

  const markAll = async (items: readonly Deletion[]) => {
    for (const item of items) count(tally, tallyOfDeletion(item));
    if (!dryRun) await pages.add(items);
  };
  const settle = async (blobs: ReadonlyMap<string, BlobHistory>) => {
    await kept.note(blobs);
    // After these blobs were listed, so that whoever wrote one of them is found.
    const [isOver, others] = await Promise.all([
      createIsOver(store, prefix, plan, signal),
      prefixesBelow(store, prefix, signal),
    ]);
    const items: Deletion[] = [];
    for (const [name, history] of blobs) {
      const isTheirs = others.some((other) => name.startsWith(other));
      for (const [version, fate] of history.fates(isTheirs ? () => false : isOver)) {
        if (fate === 'delete') items.push(deletionOf(version));
        else count(tally, stayed(version, fate));
      }
    }
    await markAll(items);
  };

  for await (const batch of batches(store.listVersions(prefix, signal), prefix, onBlob)) await settle(batch);
  kept.checkAll();
  for await (const item of ownData(store, prune, plan, signal)) await markAll([item]);
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

/**
 * What jobs left below the prefix and nobody needs any more: all of a run that goes, of a restore or a verification of such a run, and the
 * pages and outcomes of those that have ended for good. A mark that a run is forgotten goes only when nothing is left of that run, so one prune
 * later: until then nobody may take what is left, or what comes late, for a run. What it does not know it leaves.
 */
async function* ownData(
  store: BlobStore,
  prune: Prune,
  plan: readonly Planned[],
  signal: AbortSignal,
): AsyncGenerator<Deletion> {
  const { prefix } = prune;
  const folder = ownFolder(prefix);
  const jobs = new Map(plan.map((planned) => [`${planned.kind}/${planned.id}`, planned]));
  const isUseless = (name: string) => {
    const [kind = '', id = ''] = name.slice(folder.length).split('/');
    if (kind === 'prunes') return isLeftOver(prune, id, name);
    const planned = jobs.get(`${kind}/${id}`);
    return planned !== undefined && goes(planned, prefix, name);
  };
  for await (const blob of store.list(folder, signal)) if (isUseless(blob.name)) yield deletionOf(blob, true);
  for (const { kind, id, fate } of plan) {
    if (kind !== 'runs' || (fate !== 'forgotten' && fate !== 'unfinished')) continue;
    if (await hasData(store, { prefix, id }, signal)) continue;
    const mark = await store.properties(forgottenBlob({ prefix, id }), signal);
    if (mark) yield deletionOf(mark, true);
  }
}

function goes(planned: Planned, prefix: string, name: string): boolean {
  const { kind, id, fate } = planned;
  if (fate === 'forgotten' || fate === 'unfinished' || fate === 'gone') return true;
  const isOver = fate === 'ended' || ('complete' in planned && planned.complete);
  const { scratch, rounds, reading } = jobLayout(kind, { prefix, id });
  return isOver && (name === reading || [...scratch, rounds].some((beginning) => name.startsWith(beginning)));
}

/** Of earlier prunes, which have all ended, the reports stay; one that began later is a dry run that is under way. */
function isLeftOver({ prefix, id: own }: Prune, id: string, name: string): boolean {
  return id !== own && startOf(id) <= startOf(own) && name !== jobLayout('prunes', { prefix, id }).manifest;
}

/** A line of a page: one blob, or one snapshot, that is to be deleted if it is still what it was. */
export interface Deletion extends Pick<BlobVersion, 'name' | 'etag' | 'size' | 'snapshot'> {
  /** Whether a job wrote it for itself; otherwise it is a file's. */
  readonly own?: true;
}

function deletionOf({ name, etag, size, snapshot }: BlobVersion, own = false): Deletion {
  return { name, etag, size, ...(snapshot !== undefined && { snapshot }), ...(own && { own }) };
}

/** What deleting it adds to the tally. */
export function tallyOfDeletion({ own, size }: Deletion): Partial<PruneTally> {
  return own ? { data: 1, dataBytes: size } : { deleted: 1, deletedBytes: size };
}

/** Pages of what is to be deleted. */
interface DeletionPages {
  readonly add: (items: readonly Deletion[]) => Promise<void>;
  /** Writes down what is left and returns how many pages there are. */
  readonly end: () => Promise<number>;
}

/** An attempt after the first writes them once more. */
function createDeletionPages(
  { store, signal }: { readonly store: BlobStore; readonly signal: AbortSignal },
  { pageEntries, blobOf }: { readonly pageEntries: number; readonly blobOf: (page: number) => string },
): DeletionPages {
  let rows: Deletion[] = [];
  let written = 0;
  const write = async () => {
    const page = rows;
    rows = [];
    await writeRecord(store, blobOf(written), toCheckedLines(page), { signal });
    written += 1;
  };
  return {
    add: async (items) => {
      rows.push(...items);
      if (rows.length >= pageEntries) await write();
    },
    end: async () => {
      if (rows.length > 0) await write();
      return written;
    },
  };
}

/** The lines of a page, those of one blob together, in the order in which they have to be deleted. */
export async function readDeletions(store: BlobStore, blob: string, signal: AbortSignal): Promise<Deletion[][]> {
  const { rows } = await readRecord<Deletion>(store, blob, 'name', signal);
  const groups: Deletion[][] = [];
  for (const line of rows) {
    const last = groups.at(-1);
    if (last?.[0]?.name === line.name) last.push(line);
    else groups.push([line]);
  }
  return groups;
}
