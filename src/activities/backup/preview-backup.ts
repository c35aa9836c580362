import { lastRuns, type LastRuns } from '../../history/runs/last-runs.ts';
import type { BackupInput, Preview, PreviewRow } from '../../contracts/backup.ts';
import { isBlobStoreError } from '../../storage/blob-store.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import type { Attempt } from '../paged/activity.ts';
import { findRoot } from '../../files/find-root.ts';
import { foresee } from './suspicion.ts';
import { readInput, type ReadInput } from './read-input.ts';
import { previewEntries } from './preview-entries.ts';

// Of their JSON. Names are as long as they like, and an answer over HTTP holds all of it.
const mostRowBytes = 256 * 1024;

/**
 * Tells what a backup would do now: walks the directory and compares it with its last run, as the backup would begin. Reads no content and
 * writes nothing. Throws as `openRun` does when the backup could not begin.
 */
export function createPreviewBackup(deps: ActivityDependencies) {
  return async ({ signal, show }: Attempt, input: BackupInput): Promise<Preview> => {
    const progress = show({ paths: 0 });
    return preview(deps, await readInput(deps, input), signal, () => (progress.paths += 1));
  };
}

async function preview(
  { store, roots, embeddedData }: ActivityDependencies,
  input: ReadInput,
  signal: AbortSignal,
  onPath: () => void,
): Promise<Preview> {
  const { root, prefix, filters } = input;
  const last = await lastIfAny(() => lastRuns(store, { prefix, root, filters }, signal));
  const base = last.base?.run;
  const found: Pick<Preview, 'suspect'>[] = [];
  const foreseen = foresee(last, input, (suspect) => void found.push({ suspect }));
  const warnings: string[] = [];
  const onWarning = (text: string) => void warnings.push(text);
  const compared = base === undefined ? undefined : { store, run: { prefix, root, base } };
  const options = { filters, roots, embeddedData, signal, base: compared, foreseen, onWarning };
  const counts = { upload: 0, unchanged: 0, record: 0, skip: 0, fail: 0, exclude: 0 };
  const bytes = { upload: 0, unchanged: 0 };
  const rows: PreviewRow[] = [];
  let room = mostRowBytes;
  let moreRows = 0;
  for await (const row of previewEntries(await findRoot(root, roots), options)) {
    onPath();
    counts[row.action] += 1;
    if (row.action === 'upload' || row.action === 'unchanged') bytes[row.action] += row.bytes ?? 0;
    if (isAsExpected(row)) continue;
    room -= Buffer.byteLength(JSON.stringify(row));
    if (room < 0) moreRows += 1;
    else rows.push(row);
  }
  return {
    root,
    prefix,
    ...(base !== undefined && { base }),
    counts,
    uploadBytes: bytes.upload,
    unchangedBytes: bytes.unchanged,
    ...found[0],
    rows,
    moreRows,
    warnings,
  };
}

function isAsExpected({ action }: PreviewRow): boolean {
  return action === 'unchanged' || action === 'record';
}

/** None where nothing was ever backed up. */
async function lastIfAny(find: () => Promise<LastRuns>): Promise<LastRuns> {
  try {
    return await find();
  } catch (error) {
    if (isBlobStoreError(error, 'not-found')) return {};
    throw error;
  }
}
