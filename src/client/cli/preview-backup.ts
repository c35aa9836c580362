import { findRoot } from '../../files/find-root.ts';
import { foresee } from '../../activities/backup/suspicion.ts';
import { previewEntries, type PreviewOptions } from '../../activities/backup/preview-entries.ts';
import { explainStorage } from '../../history/views/storage-failure.ts';
import { exitCodes, interrupted, type Call } from './invocation.ts';
import { findEmbeddedData, mayHoldBlobs } from '../../embedded/data-dir.ts';
import { lastRuns, type LastRuns } from '../../history/runs/last-runs.ts';
import type { BackupInput, PreviewRow } from '../../contracts/backup.ts';
import { wordsOf, type Filters } from '../../contracts/filters.ts';
import type { Suspicion } from '../../contracts/suspicion.ts';
import { ExpectedError, failureTypes } from '../../contracts/failures.ts';
import { messageOf } from '../../lib/message-of.ts';
import { isBlobStoreError } from '../../storage/blob-store.ts';
import { openBlobStore } from '../../storage/open-blob-store.ts';
import { printAll, type RowFormat } from './render/rows.ts';
import { requireDirectory } from './commands/options.ts';
import { openStack } from './open/stack.ts';
import { storageLocation } from './open/storage.ts';
import { printable } from '../../lib/printable.ts';
import { formatCount } from './render/format.ts';

// Whoever asks what would be backed up shall not wait long for storage that does not answer.
const answerWithin = 20_000;

/**
 * Prints what a backup would do about each path: walks the directory in this process and, where there is storage, compares it with the
 * last run there. Needs no Temporal and writes nothing.
 */
export async function previewBackup(call: Call, input: BackupInput): Promise<number> {
  const { config, stop, leave, note } = call;
  const { root, worker, filters } = input;
  if (worker !== undefined) {
    throw new ExpectedError(
      failureTypes.invalidInput,
      `--dry-run lists a directory of this machine, and the files are where ${worker} is: run it there, without --worker-name`,
    );
  }
  await requireDirectory(root);
  leave.addEventListener('abort', () => process.exit(interrupted(call, 'Stopped.')));
  const opened = await openBase(call, { root, prefix: input.prefix ?? config.prefix, filters });
  const roots = [...config.backupRoots, root];
  const base = opened?.base;
  const onWarning = (text: string) => note(`Warning: ${text}.`);
  let [failures, isSuspect] = [0, false];
  const onSuspect = ({ reasons }: Suspicion) => {
    isSuspect = true;
    note(`The run would be suspect: ${reasons.join('; ')}.`);
  };
  const foreseen = foresee(opened?.last ?? {}, input, onSuspect);
  try {
    const embeddedData = () => findEmbeddedData(config.embedded.dataDir);
    const options = { filters, roots, embeddedData, signal: stop, base, foreseen, onWarning };
    const rows = previewEntries(await findRoot(root, roots), options);
    const watched = watch(rows, ({ action }) => (failures += action === 'fail' ? 1 : 0));
    await printAll(watched, previewFormat, call);
    return exitCodeFor({ isSuspect, failures });
  } catch (error) {
    if (stop.aborted) return interrupted(call, 'Stopped.');
    throw error;
  } finally {
    await opened?.close();
  }
}

function exitCodeFor({ isSuspect, failures }: { readonly isSuspect: boolean; readonly failures: number }): number {
  if (isSuspect) return exitCodes.suspect;
  return failures > 0 ? exitCodes.incomplete : exitCodes.done;
}

async function* watch(
  rows: AsyncIterable<PreviewRow>,
  look: (row: PreviewRow) => void,
): AsyncGenerator<PreviewRow, undefined> {
  for await (const row of rows) {
    look(row);
    yield row;
  }
  return undefined;
}

interface OpenedBase {
  readonly base: PreviewOptions['base'];
  readonly last: LastRuns;
  readonly close: () => Promise<void>;
}

/** The last run of the directory, where storage is there and has one. What hinders that is no reason not to list. */
async function openBase(
  { config, note, stop }: Call,
  { filters, ...where }: { readonly root: string; readonly prefix: string; readonly filters: Filters | undefined },
): Promise<OpenedBase | undefined> {
  if (!config.storage && !mayHoldBlobs(config.embedded.dataDir)) return undefined;
  const stack = await openStack(config, note, { withTemporal: false });
  const close = () => stack.close();
  const store = openBlobStore(storageLocation(config, stack.connectionString), config.container);
  try {
    const signal = AbortSignal.any([stop, AbortSignal.timeout(answerWithin)]);
    const last = await lastRuns(store, { ...where, filters }, signal);
    return { base: last.base && { store, run: { ...where, base: last.base.run } }, last, close };
  } catch (error) {
    // Nothing was backed up there yet.
    const isEmpty = isBlobStoreError(error, 'not-found');
    const why = messageOf(explainStorage(error, store.url));
    if (!isEmpty && !stop.aborted) note(`All files count as new, for the last run cannot be read: ${why}`);
    return { base: undefined, last: {}, close };
  }
}

// Rows come one by one, so the columns have fixed widths.
const widths = { action: 9, bytes: 15 };

/** What a backup would do, path by path. */
const previewFormat: RowFormat<PreviewRow> = {
  header: ['ACTION'.padEnd(widths.action), 'BYTES'.padStart(widths.bytes), 'PATH'].join('  '),
  line: (row) => {
    const reason = row.why ? wordsOf(row.why) : row.reason;
    const size = row.bytes === undefined ? '-' : formatCount(row.bytes);
    const name = `${printable(row.path)}${reason === undefined ? '' : `: ${printable(reason)}`}`;
    return [row.action.padEnd(widths.action), size.padStart(widths.bytes), name].join('  ');
  },
  nouns: ['path', 'paths'],
  label: ({ action }) => action,
  bytes: ({ action, bytes }) => (action === 'upload' ? bytes : undefined),
};
