import { pMapIterable } from 'p-map';
import { comparePaths, displayPath, type EncodedPath } from '../../../contracts/encoded-path.ts';
import type { Page } from '../../../contracts/job.ts';
import { entryKey, holdsContent, type ManifestEntry } from '../../../contracts/manifest.ts';
import type { Restore } from '../../../contracts/restore.ts';
import { readEntries } from '../../../history/entries/read-entries.ts';
import { createTurn } from '../../../lib/create-turn.ts';
import type { BlobStore } from '../../../storage/blob-store.ts';
import { jobLayout } from '../../../storage/run-layout.ts';
import { readFixedManifest } from '../../../history/records/read-manifest.ts';
import type { ActivityDependencies } from '../../dependencies.ts';
import type { Attempt } from '../../paged/activity.ts';
import { takePage } from '../../paged/fill-page.ts';
import { createListFailed } from '../../paged/list-failed.ts';
import { readEntriesOf, writePage } from '../../paged/page.ts';
import { restoreKind, type RestoreEntry } from '../ledger.ts';
import { openableTarget, type OpenableTarget } from '../target/closed-folders.ts';
import type { Targets } from '../target/targets.ts';
import { openDeletionPlan } from './deletion-plan.ts';
import { createClashFinder, foldsNames, noFolding, probeFolding } from './name-clashes.ts';
import { createPlanner, planAtOnce, type Planner } from './plan-entry.ts';
import { createSelection, type Selection } from './select-paths.ts';

/** Lists the next page of what is to be restored into a blob: what the run holds, compared with what the target holds. */
export function createListRestore({ store }: ActivityDependencies, targets: Targets) {
  return ({ signal, show }: Attempt, restore: Restore, number: number, cursor?: string): Promise<Page> => {
    const progress = show({ listed: 0 });
    return (restore.dryRun ? targets.inFound : targets.inMade)(restore.target, async ({ folders }) => {
      const planner = createPlanner(restore, folders, openDeletionPlan(store, restore, signal));
      const target = openableTarget(folders, store, jobLayout('restores', restore), signal);
      const source = plannedEntries(store, restore, { target, cursor, planner }, signal);
      const limits = { options: restore.options, needsCopy: restoreKind.needsCopy(restore) };
      const page = await takePage(source, { ...limits, signal, onEntry: () => (progress.listed += 1) });
      return writePage(store, restoreKind, restore, { number, ...page }, signal);
    });
  };
}

/** Lists what failed of a page once more, compared with what the target holds now. */
export function createListUnrestored({ store }: ActivityDependencies, targets: Targets) {
  return createListFailed(store, restoreKind, async ({ job: restore, number, failed, signal }) => {
    const paths = new Set(failed.map(({ path }) => path));
    // The first round's page has all that the run holds of them.
    const { prefix, id } = restore;
    const first = jobLayout('restores', { prefix, id }).page(number);
    const listed = await readEntriesOf<RestoreEntry>(store, first, signal);
    const entries = await targets.inFound(restore.target, async ({ folders }) => {
      const planner = createPlanner(restore, folders, openDeletionPlan(store, restore, signal));
      const planned: RestoreEntry[] = [];
      for (const entry of listed) if (paths.has(entry.path)) planned.push(await planEntry(unplanned(entry), planner));
      return planned;
    });
    return { entries };
  });
}

function unplanned(entry: RestoreEntry): RestoreEntry {
  const { outcome: _, reason: __, copy: ___, replacesFolder: ____, ...listed } = entry;
  return listed;
}

/** An entry of the run that is asked for, or a folder on the way to one that is. */
interface SelectedEntry {
  readonly entry: ManifestEntry;
  readonly onTheWay: boolean;
}

/** The entries that are asked for, each right after the folders on the way to it that have not been yielded yet. */
async function* selectedEntries(
  entries: AsyncIterable<ManifestEntry>,
  selection: Selection,
): AsyncGenerator<SelectedEntry> {
  // Folders around the present entry that are not asked for themselves; as many at most as the tree is deep.
  let around: { readonly entry: ManifestEntry; yielded: boolean }[] = [];
  const turn = createTurn();
  for await (const entry of entries) {
    await turn.giveWay();
    around = around.filter((folder) => entry.path.startsWith(`${folder.entry.path}/`));
    if (selection.selects(entry.path, entry.kind === 'directory')) {
      for (const folder of around) {
        if (!folder.yielded) yield { entry: folder.entry, onTheWay: true };
        folder.yielded = true;
      }
      yield { entry, onTheWay: false };
    } else if (entry.kind === 'directory') {
      around.push({ entry, yielded: false });
    }
  }
}

interface NamedEntry extends SelectedEntry {
  readonly clash: EncodedPath | undefined;
}

/** What is asked for of a run, in the order of its keys and after the one given, each entry with what is to become of it. */
async function* plannedEntries(
  store: BlobStore,
  restore: Restore,
  from: { readonly target: OpenableTarget; readonly cursor: string | undefined; readonly planner: Planner },
  signal: AbortSignal,
): AsyncGenerator<RestoreEntry> {
  const named = namedEntries(store, restore, from, signal);
  const planned = pMapIterable(named, (entry) => planNamed(entry, from.planner), planAtOnce);
  for await (const entry of planned) if (entry) yield entry;
}

async function* namedEntries(
  store: BlobStore,
  restore: Restore,
  { target, cursor }: { readonly target: OpenableTarget; readonly cursor: string | undefined },
  signal: AbortSignal,
): AsyncGenerator<NamedEntry> {
  const manifest = await readFixedManifest(store, restore, signal);
  // Nothing may be written to find out, in a dry run.
  const folding = restore.dryRun ? noFolding : await probeFolding(target, restore.id);
  const clashOf = createClashFinder(folding);
  // A name may clash with one of an earlier page, so where names can clash all pages are read from the start.
  const after = cursor === undefined || foldsNames(folding) ? {} : { after: cursor };
  const entries = readEntries(store, manifest, after, signal);
  for await (const { entry, onTheWay } of selectedEntries(entries, createSelection(restore))) {
    const clash = clashOf(entry);
    if (cursor === undefined || comparePaths(entryKey(entry), cursor) > 0) yield { entry, onTheWay, clash };
  }
}

async function planNamed({ entry, onTheWay, clash }: NamedEntry, planner: Planner): Promise<RestoreEntry | undefined> {
  const listed = listedEntry(entry);
  // A folder that was not asked for is made where it is missing, and left alone where it is there.
  if (onTheWay && (await planner.isTaken(listed))) return undefined;
  const lack = lackOf(entry);
  if (lack !== undefined) return { ...listed, outcome: 'skipped', reason: lack };
  return planEntry(clash === undefined ? listed : { ...listed, clash }, planner);
}

/** The entry with what is to become of it. */
async function planEntry(entry: RestoreEntry, planner: Planner): Promise<RestoreEntry> {
  if (entry.clash === undefined) return { ...entry, ...(await planner.plan(entry)) };
  const reason = `the target cannot tell its name from that of ${displayPath(entry.clash)}, which is restored: restore it into another target`;
  return { ...entry, outcome: 'failed', reason };
}

function listedEntry({ path, kind, size, mtimeNs, mode, target, blob, etag, sha256 }: ManifestEntry): RestoreEntry {
  return {
    path,
    kind,
    size,
    mtimeNs,
    mode,
    ...(target !== undefined && { target }),
    ...(blob !== undefined && { blob }),
    ...(etag !== undefined && { etag }),
    ...(sha256 !== undefined && { sha256 }),
  };
}

/** Why the run cannot give the path back; undefined when it can. */
function lackOf(entry: ManifestEntry): string | undefined {
  if (holdsContent(entry) || entry.outcome === 'recorded') return undefined;
  return `the run does not hold it${entry.reason === undefined ? '' : `: ${entry.reason}`}`;
}
