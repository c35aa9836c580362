import { pMapIterable } from 'p-map';
import { readEntries } from '../../../history/entries/read-entries.ts';
import { comparePaths, displayPath, type EncodedPath } from '../../../contracts/encoded-path.ts';
import { entryKey, holdsContent, type ManifestEntry } from '../../../contracts/manifest.ts';
import type { Restore } from '../../../contracts/restore.ts';
import type { BlobStore } from '../../../storage/blob-store.ts';
import { readFixedManifest } from '../../backup/fixed-manifest.ts';
import { createClashFinder, foldsNames, noFolding } from './name-clashes.ts';
import type { OpenableTarget } from '../target/open-directories.ts';
import type { Planner } from './plan-entry.ts';
import { probeFolding } from './probe-folding.ts';
import type { RestoreEntry } from '../rows.ts';
import { selectedEntries, type SelectedEntry } from './selected-entries.ts';
import { createSelection } from './select-paths.ts';

// Enough to keep the thread pool busy; more only holds memory.
export const planAtOnce = { concurrency: 64 };

interface NamedEntry extends SelectedEntry {
  readonly clash: EncodedPath | undefined;
}

/** What is asked for of a run, in the order of its keys and after the one given, each entry with what is to become of it. */
export async function* plannedEntries(
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
export async function planEntry(entry: RestoreEntry, planner: Planner): Promise<RestoreEntry> {
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
