import { readEntries } from '../../manifests/read-entries.ts';
import { entryKey } from '../../shared/manifest.ts';
import type { Restore } from '../../shared/restore.ts';
import type { BlobStore } from '../../storage/blob-store.ts';
import { followEntries } from '../follow-entries.ts';
import { walk } from '../walk.ts';
import { readFixedManifest } from '../fixed-manifest.ts';
import type { Folder } from './folder.ts';
import { shardOfDeleted, type LedgerPages } from './ledger-pages.ts';
import type { RestoreRow } from './rows.ts';
import { createSelection } from './select-paths.ts';

/**
 * Writes down what the target holds and the run does not, part by part, and returns the number of parts. Nothing is deleted before all of
 * it is written down, so an attempt that finds parts of an earlier one goes on after them, and those of an earlier round hold still.
 */
export async function planDeletions(
  store: BlobStore,
  restore: Restore,
  { target, ledger }: { readonly target: Folder; readonly ledger: LedgerPages },
  signal: AbortSignal,
): Promise<number> {
  let parts = 0;
  let after: string | undefined;
  for (;;) {
    const last = (await ledger.read(shardOfDeleted(parts))).at(-1);
    if (last === undefined) break;
    parts += 1;
    after = entryKey(last);
  }
  let part: RestoreRow[] = [];
  const write = async () => {
    await ledger.write(shardOfDeleted(parts), part);
    parts += 1;
    part = [];
  };
  for await (const row of extraneous(store, restore, { target, after }, signal)) {
    part.push(row);
    if (part.length >= restore.options.pageEntries) await write();
  }
  if (part.length > 0) await write();
  return parts;
}

const here = Buffer.from('.');

function walkTarget({ self, at, hold }: Folder, after: string | undefined) {
  return hold ? walk(at(here).toString(), after, { hold }) : walk(self.toString(), after);
}

async function* extraneous(
  store: BlobStore,
  restore: Restore,
  { target, after }: { readonly target: Folder; readonly after: string | undefined },
  signal: AbortSignal,
): AsyncGenerator<RestoreRow> {
  const manifest = await readFixedManifest(store, restore, signal);
  const held = followEntries(readEntries(store, manifest, after === undefined ? {} : { after }, signal));
  const selection = createSelection(restore);
  try {
    for await (const { path, kind, size, mtimeNs, mode } of walkTarget(target, after)) {
      signal.throwIfAborted();
      if (!selection.selects(path) || (await held.at(entryKey({ path, kind })))) continue;
      yield { path, kind, size, mtimeNs, mode, outcome: 'deleted', attempts: 1 };
    }
  } finally {
    await held.close();
  }
}
