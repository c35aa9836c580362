import type { Page, Run } from '../shared/contract.ts';
import { comparePaths } from '../shared/encoded-path.ts';
import { entryKey, type ManifestEntry, type PageEntry } from '../shared/manifest.ts';
import { runLayout } from '../storage/run-layout.ts';
import { needsCopy } from './compare-with-base.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { withFailureTypes } from './failures.ts';
import { findRoot } from './find-root.ts';
import { withHeartbeat } from './heartbeat.ts';
import { hasFailed, isBusy } from './manifest-entry.ts';
import { writePage } from './page.ts';
import { readShard } from './shard.ts';
import { selectEntries, type SelectOptions } from './select-entries.ts';

/**
 * Lists what failed of a page into a page of the run's present round: its failed files as they stand, and, where a path could not
 * even be listed, what is there now. With `only` it lists nothing but the files that another process was busy with.
 */
export function createListFailed({ store, roots }: ActivityDependencies) {
  return (run: Run, number: number, only?: 'busy'): Promise<Page> =>
    withFailureTypes(() =>
      withHeartbeat(async (signal) => {
        const layout = runLayout(run);
        const realRoot = await findRoot(run.root, roots);
        const shard = await readShard<ManifestEntry>(store, layout.shard(number), signal);
        const entries: PageEntry[] = [];
        for (const failed of shard.filter(only === undefined ? hasFailed : isBusy)) {
          if (failed.kind === 'file') entries.push(listedEntry(failed));
          else
            for await (const found of listAgain(realRoot, failed, { filters: run.filters, roots })) entries.push(found);
        }
        const plan = {
          number,
          entries,
          last: true,
          options: run.options,
          needsCopy: needsCopy(run),
          ...(only && { metadata: { only } }),
        };
        return writePage(store, layout.page(number), plan, signal);
      }),
    );
}

function listedEntry({ path, kind, size, mtimeNs, ctimeNs, mode }: ManifestEntry): PageEntry {
  return { path, kind, size, mtimeNs, ctimeNs, mode };
}

/** A path that could not be listed, and all below it, as they are now. */
async function* listAgain(
  root: string,
  failed: ManifestEntry,
  options: Pick<SelectOptions, 'filters' | 'roots'>,
): AsyncGenerator<PageEntry> {
  const folder = `${failed.path}/`;
  const isWithin = (key: string) => key === failed.path || key.startsWith(folder);
  const parent = failed.path.slice(0, failed.path.lastIndexOf('/') + 1);
  const { entries } = await selectEntries(root, { ...options, after: parent === '' ? undefined : parent });
  for await (const entry of entries) {
    const key = entryKey(entry);
    if (isWithin(key)) yield entry;
    else if (comparePaths(key, folder) > 0) return;
  }
}
