import { displayPath } from '../../contracts/encoded-path.ts';
import { entryKey, nameOfKind, type PageEntry } from '../../contracts/manifest.ts';
import type { PreviewAction, PreviewRow } from '../../contracts/backup.ts';
import type { LeftOut } from '../../files/walk/scope.ts';
import { withSideOutput } from '../../lib/side-output.ts';
import type { BlobStore } from '../../storage/blob-store.ts';
import { unmatchedGlobs } from '../paged/selection-result.ts';
import { compareWithBase, type ComparedRun } from './compare-with-base.ts';
import { foreseeSuspicion, type Foreseen } from './suspicion.ts';
import { selectEntries, type SelectOptions } from './select-entries.ts';

export interface PreviewOptions extends Pick<SelectOptions, 'filters' | 'roots' | 'embeddedData'> {
  readonly signal: AbortSignal;
  /** The last run, and where it is; unless given, all files count as new. */
  readonly base?: { readonly store: BlobStore; readonly run: ComparedRun } | undefined;
  /** Tells whether the run would be suspect; nothing does unless given. */
  readonly foreseen?: Foreseen | undefined;
  /** Is told what may not be as it was meant. */
  readonly onWarning: (text: string) => void;
}

/** What a backup of `root`, a real path, would do about each path now. Reads no content and writes nothing. */
export async function* previewEntries(root: string, options: PreviewOptions): AsyncGenerator<PreviewRow, undefined> {
  const { filters, roots, embeddedData, signal, base, foreseen, onWarning } = options;
  const rows = withSideOutput<LeftOut, PageEntry>(async (onLeftOut) => {
    const selected = await selectEntries(root, { filters, roots, embeddedData, onLeftOut });
    const onUnreadable = (run: string, reason: string) =>
      onWarning(`the last run, ${run}, cannot be read from here on, and its files count as new: ${reason}`);
    const compared = { after: undefined, signal, onUnreadable };
    const listed = base ? compareWithBase(base.store, base.run, selected.entries, compared) : selected.entries;
    const place = base && { store: base.store, prefix: base.run.prefix, root, signal };
    const entries = place && foreseen ? foreseeSuspicion(place, listed, foreseen) : listed;
    const end = () => unmatchedGlobs(filters, [{ matched: selected.matched() }]).forEach(onWarning);
    return { entries, end };
  });
  for await (const row of rows) {
    signal.throwIfAborted();
    yield 'why' in row ? excludedRow(row) : entryRow(row);
  }
  return undefined;
}

function excludedRow({ path, isDirectory, isContent, why }: LeftOut): PreviewRow {
  const end = isContent ? '/*' : '/';
  return {
    path: `${displayPath(path)}${isDirectory ? end : ''}`,
    key: isDirectory ? `${path}/` : path,
    action: 'exclude',
    why,
  };
}

function entryRow(entry: PageEntry): PreviewRow {
  const { path, kind, size, error } = entry;
  const reason = error ?? (kind === 'other' ? `${nameOfKind(entry)} has no content to back up` : entry.reason);
  return {
    path: `${displayPath(path)}${kind === 'directory' ? '/' : ''}`,
    key: entryKey(entry),
    action: actionOf(entry),
    kind,
    ...(kind === 'file' && { bytes: size }),
    ...(reason !== undefined && { reason }),
  };
}

function actionOf({ kind, error, asBefore }: PageEntry): PreviewAction {
  if (error !== undefined) return 'fail';
  if (kind === 'other') return 'skip';
  if (kind !== 'file') return 'record';
  return asBefore === true ? 'unchanged' : 'upload';
}
