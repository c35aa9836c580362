import { comparePaths, type EncodedPath } from '../../contracts/encoded-path.ts';
import { entryKey, type ManifestEntry, type PageEntry } from '../../contracts/manifest.ts';
import { runLayout } from '../../storage/run-layout.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import { createListFailed } from '../paged/list-failed.ts';
import { findRoot } from '../../files/find-root.ts';
import { backupKind } from './kind.ts';
import { createLeftOutRecord } from './record-left-out.ts';
import { selectionMetadata } from '../paged/selection-result.ts';
import { selectEntries, type SelectOptions } from './select-entries.ts';
import type { LeftOut } from '../../files/walk/scope.ts';

/**
 * Lists what failed of a page once more: its failed files as they stand, and, where a path could not even be listed, what is there now.
 */
export function createListFailedFiles({ store, roots, embeddedData }: ActivityDependencies) {
  return createListFailed(store, backupKind, async ({ job: run, number, failed, signal }) => {
    const realRoot = await findRoot(run.root, roots);
    const unlisted = failed.filter(({ kind }) => kind !== 'file').map(({ path }) => path);
    const record = createLeftOutRecord(store, runLayout(run), number, signal);
    const onLeftOut = (leftOut: LeftOut) => {
      signal.throwIfAborted();
      return record.add(leftOut);
    };
    const found = await listAgain(realRoot, unlisted, { filters: run.filters, roots, embeddedData, signal, onLeftOut });
    await record.flush();
    const entries = failed.flatMap((entry) =>
      entry.kind === 'file' ? [listedEntry(entry)] : (found.get(entry.path) ?? []),
    );
    return { entries, metadata: selectionMetadata({ excluded: 0, matched: '', told: true }) };
  });
}

function listedEntry({ path, kind, size, mtimeNs, ctimeNs, mode }: ManifestEntry): PageEntry {
  return { path, kind, size, mtimeNs, ctimeNs, mode };
}

interface ListOptions extends Pick<SelectOptions, 'filters' | 'roots' | 'embeddedData' | 'onLeftOut'> {
  readonly signal: AbortSignal;
}

/** Paths that could not be listed, each with all that is at it and below it now. A folder is walked once for all of them in it. */
async function listAgain(
  root: string,
  paths: readonly EncodedPath[],
  options: ListOptions,
): Promise<ReadonlyMap<EncodedPath, readonly PageEntry[]>> {
  const found = new Map(paths.map((path): [EncodedPath, PageEntry[]] => [path, []]));
  const { signal, ...filters } = options;
  for (const [parent, within] of Map.groupBy(found.keys(), parentOf)) {
    const { entries } = await selectEntries(root, { ...filters, after: parent === '' ? undefined : parent });
    const last = within.map((path) => `${path}/`).reduce((one, other) => (comparePaths(one, other) > 0 ? one : other));
    for await (const entry of entries) {
      signal.throwIfAborted();
      const at = childOf(parent, entry.path);
      const foundThere = at === undefined ? undefined : found.get(at);
      if (foundThere) foundThere.push(entry);
      else if (comparePaths(entryKey(entry), last) > 0) break;
    }
  }
  return found;
}

/** The folder that a path is in, with the slash at its end; empty for the root. */
function parentOf(path: EncodedPath): string {
  return path.slice(0, path.lastIndexOf('/') + 1);
}

/** What in a folder a path is, or lies in; undefined when it is elsewhere. */
function childOf(parent: string, path: EncodedPath): EncodedPath | undefined {
  if (!path.startsWith(parent)) return undefined;
  const end = path.indexOf('/', parent.length);
  return end === -1 ? path : path.slice(0, end);
}
