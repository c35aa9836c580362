import type { JobOptions, Page } from '../../contracts/job.ts';
import type { Run } from '../../contracts/backup.ts';
import { runLayout } from '../../storage/run-layout.ts';
import { compareWithBase } from './compare-with-base.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import type { Attempt } from '../paged/activity.ts';
import { findRoot } from '../../files/find-root.ts';
import { writePage } from '../paged/page.ts';
import { createLeftOutRecord } from './record-left-out.ts';
import { writeSettledPage } from '../paged/settled-page.ts';
import { takePage } from '../paged/fill-page.ts';
import { backupKind } from './kind.ts';
import { selectEntries } from './select-entries.ts';
import { selectionMetadata } from '../paged/selection-result.ts';
import { readDirectoryNames } from '../../files/walk/directory-names.ts';
import { createKeptNames } from '../../files/walk/kept-names.ts';

// Nothing is copied before the first page is listed, so that one is short.
const firstPageEntries = 1000;

/** Lists the next page of the tree into a blob and plans its copies: those of the files that are not as the base run found them. */
export function createListFiles({ store, roots, namesInMemory, embeddedData }: ActivityDependencies) {
  const kept = createKeptNames(readDirectoryNames);
  return async ({ signal, show }: Attempt, run: Run, number: number, cursor?: string): Promise<Page> => {
    const progress = show({ listed: 0, excluded: 0 });
    const layout = runLayout(run);
    const record = createLeftOutRecord(store, layout, number, signal);
    const selected = await selectEntries(await findRoot(run.root, roots), {
      filters: run.filters,
      roots,
      embeddedData,
      after: cursor,
      readNames: kept.readerOf(run.id),
      namesInMemory,
      onLeftOut: (leftOut) => {
        // A tree of which little is listed must be left as soon as one of which all is.
        signal.throwIfAborted();
        return record.add(leftOut);
      },
    });
    const entries = compareWithBase(store, run, selected.entries, { after: cursor, signal });
    const limits = { options: pageOptions(run, number), needsCopy: backupKind.needsCopy(run) };
    const onEntry = () => {
      progress.listed += 1;
      progress.excluded = selected.excluded();
    };
    const page = await takePage(entries, { ...limits, signal, onEntry });
    await record.flush();
    // What was looked at beyond the last entry is the next page's.
    const excluded = page.last ? selected.excluded() : progress.excluded;
    const selection = { excluded, matched: selected.matched(), told: true };
    if (!page.entries.some(limits.needsCopy)) {
      return writeSettledPage(store, backupKind, run, { number, ...page, selection }, signal);
    }
    const told = { metadata: selectionMetadata(selection), shard: layout.shard(number) };
    return writePage(store, backupKind, run, { number, ...page, ...told }, signal);
  };
}

function pageOptions({ options }: Run, number: number): JobOptions {
  return number === 0 ? { ...options, pageEntries: Math.min(options.pageEntries, firstPageEntries) } : options;
}
