import { displayPath, type EncodedPath } from '../../../contracts/encoded-path.ts';
import { wordsOf, type Why } from '../../../contracts/filters.ts';
import { entryKey, type Manifest, type ManifestShard, type PageEntry } from '../../../contracts/manifest.ts';
import type { Restore } from '../../../contracts/restore.ts';
import { locationOf } from '../../../files/paths.ts';
import { attributesOf, kindOf, lstatMaybe } from '../../../files/stat.ts';
import { createGlobs } from '../../../files/walk/globs.ts';
import type { Entrance, LeftOut } from '../../../files/walk/scope.ts';
import { walk } from '../../../files/walk/walk.ts';
import { withSideOutput } from '../../../lib/side-output.ts';
import type { BlobStore } from '../../../storage/blob-store.ts';
import { jobLayout } from '../../../storage/run-layout.ts';
import { isOnlyAWay } from '../../backup/select-entries.ts';
import { createRowLookup } from '../../paged/row-lookup.ts';
import { describeShard, readShard, writeShard } from '../../paged/shard.ts';
import type { RestoreRow } from '../ledger.ts';
import type { Folder } from '../target/folder.ts';
import { enterMirror } from './mirror-scope.ts';
import { openRunIndex, type IndexedEntry, type RunIndex } from './run-index.ts';
import { createSelection } from './select-paths.ts';

/**
 * A line of the plan of what a mirror deletes, in the order of keys: `deleted` what goes, `kept` what stays although the run does not hold
 * it. It is written before anything is changed, so a dry run and the restore itself say the same.
 */
export interface PlannedRow extends RestoreRow {
  /** The run holds something of another kind at this path, so the ledger has its row: this one only says whether it may be replaced. */
  readonly isReplaced?: true;
}

/** Where that plan is. */
export interface DeletionPlan {
  readonly read: (part: number) => Promise<PlannedRow[]>;
  readonly write: (part: number, rows: readonly PlannedRow[]) => Promise<void>;
  /** The row with this key. */
  readonly find: (key: string) => Promise<PlannedRow | undefined>;
}

export function openDeletionPlan(
  store: BlobStore,
  { prefix, id, deletions }: Pick<Restore, 'prefix' | 'id' | 'deletions'>,
  signal: AbortSignal,
): DeletionPlan {
  const layout = jobLayout('restores', { prefix, id });
  const read = (blob: string) => readShard<PlannedRow>(store, blob, signal);
  const openLookup = async () => {
    const shards: ManifestShard[] = [];
    for await (const blob of store.list(layout.deletions, signal)) {
      // An attempt that died may have left more.
      if (shards.length === deletions) break;
      shards.push(describeShard(blob).shard);
    }
    return createRowLookup(shards, async ({ blob }) => new Map((await read(blob)).map((row) => [entryKey(row), row])));
  };
  let lookup: ReturnType<typeof openLookup> | undefined;
  return {
    read: (part) => read(layout.deletion(part)),
    write: (part, rows) => writeShard(store, layout.deletion(part), rows, {}, signal),
    find: async (key) => (await (lookup ??= openLookup()))(key),
  };
}

/**
 * Writes down what the target holds and the run could have held and does not, part by part, and what of the rest stays; returns the number
 * of parts. Nothing is changed. An attempt after one that died begins anew and writes the same parts.
 */
export async function planDeletions(
  store: BlobStore,
  restore: Restore,
  { manifest, realTarget, top }: Pick<Walked, 'manifest' | 'realTarget' | 'top'>,
  signal: AbortSignal,
): Promise<number> {
  const plan = openDeletionPlan(store, restore, signal);
  const run = await openRunIndex(store, manifest, signal);
  let parts = 0;
  let part: PlannedRow[] = [];
  const write = async () => {
    await plan.write(parts, part);
    parts += 1;
    part = [];
  };
  const ignoring = new Set<string>();
  for await (const row of plannedRows(restore, { manifest, realTarget, top, run, ignoring }, signal)) {
    part.push(row);
    if (part.length >= restore.options.pageEntries) await write();
  }
  if (part.length > 0) await write();
  await settle(plan, parts, ignoring);
  return parts;
}

interface Walked {
  readonly manifest: Manifest;
  readonly realTarget: string;
  /** The target itself. */
  readonly top: Folder;
  readonly run: RunIndex;
  /** Takes up the ignore files that keep something, as people read their paths. */
  readonly ignoring: Set<string>;
}

/** Rows in the order of their keys, in which folders go that may yet be found to hold something that stays. */
async function* plannedRows(restore: Restore, walked: Walked, signal: AbortSignal): AsyncGenerator<UnsettledRow> {
  const { filters = {} } = walked.manifest;
  const globs = createGlobs(filters);
  const isAWay = globs.areIncluding ? isOnlyAWay(globs) : () => false;
  const root = await enterMirror(walked.realTarget, walked.run, { filters, globs });
  let replaced: EncodedPath | undefined;
  for await (const row of askedRows(restore, walked, root)) {
    signal.throwIfAborted();
    if (row.isReplaced === true && row.outcome === 'deleted') replaced = row.path;
    yield { ...row, ...withinReplaced(row, replaced), isAWay: row.kind === 'directory' && isAWay(row.path) };
  }
}

async function* askedRows(restore: Restore, walked: Walked, root: Entrance): AsyncGenerator<PlannedRow> {
  const selection = createSelection(restore);
  for await (const one of walkedEntries(walked.top, root)) {
    const held = await walked.run.find(one.path);
    const row = 'why' in one ? await keptRow(one, held, walked) : rowOf(one, held);
    // What must not be replaced counts also on the way to what is asked for.
    if (!row) continue;
    const isGuard = held !== undefined && row.outcome === 'kept';
    if (isGuard || selection.selects(row.path, row.kind === 'directory')) yield row;
  }
}

/** What a walk lists, and in its turn what it leaves out. */
function walkedEntries({ self, at, openDirectory }: Folder, root: Entrance): AsyncGenerator<LeftOut | PageEntry, void> {
  const from = openDirectory ? at(Buffer.from('.')).toString() : self.toString();
  return withSideOutput((onLeftOut) =>
    Promise.resolve({ entries: walk(from, undefined, { selection: { root, onLeftOut }, openDirectory }) }),
  );
}

function withinReplaced({ path }: PlannedRow, replaced: EncodedPath | undefined): Pick<PlannedRow, 'within'> {
  return replaced !== undefined && isBelow(path, replaced) ? { within: replaced } : {};
}

/** Of what is left out; undefined when it is gone by now. */
async function keptRow(
  { path, why }: LeftOut,
  held: IndexedEntry | undefined,
  { realTarget, ignoring }: Pick<Walked, 'realTarget' | 'ignoring'>,
): Promise<PlannedRow | undefined> {
  if (why.by === 'ignore-file' && why.at !== undefined) ignoring.add(why.at.replace(/:\d+$/u, ''));
  const found = await lstatMaybe(locationOf(realTarget, path));
  if (!found) return undefined;
  const { ctimeNs: _, ...attributes } = attributesOf(found);
  return { path, kind: kindOf(found), ...attributes, ...stays(notInRun(why)), ...(held && { isReplaced: true }) };
}

/** Of what the run could have held; undefined of what it does, and of what makes room for a folder. */
function rowOf(
  { path, kind, size, mtimeNs, mode, error }: PageEntry,
  held: IndexedEntry | undefined,
): PlannedRow | undefined {
  const there = { path, kind, size, mtimeNs, mode };
  const isReplaced = held && held.kind !== 'directory' && ({ isReplaced: true } as const);
  if (error !== undefined) return { ...there, ...stays(`what it holds cannot be told: ${error}`), ...isReplaced };
  if (held && (held.kind === 'directory' || kind !== 'directory')) return undefined;
  return { ...there, outcome: 'deleted', attempts: 1, ...isReplaced };
}

/** A row of the plan while it is made. */
interface UnsettledRow extends PlannedRow {
  /** It would be in a run only for what is in it. */
  readonly isAWay?: boolean;
}

/** Finds the ignore files that stay, and the folders that stay for what is in them, from the last row to the first: all that is in a folder follows it at once. */
async function settle(plan: DeletionPlan, parts: number, ignoring: ReadonlySet<string>): Promise<void> {
  let [kept, going]: (EncodedPath | undefined)[] = [];
  const settled = ({ isAWay, ...row }: UnsettledRow): PlannedRow => {
    if (row.outcome !== 'deleted') return row;
    // Without it the next mirror would delete what this one keeps.
    if (ignoring.has(displayPath(row.path))) return { ...row, ...stays('its rules keep what is not part of the run') };
    if (row.kind !== 'directory') return row;
    if (isBelow(kept, row.path)) return { ...row, ...stays(`holds ${displayPath(kept ?? '')}, which stays`) };
    if (isAWay !== true || isBelow(going, row.path)) return row;
    return { ...row, ...stays(notInRun({ by: 'include' })) };
  };
  for (let part = parts - 1; part >= 0; part -= 1) {
    const rows = (await plan.read(part)).toReversed().map((row) => {
      const now = settled(row);
      if (now.outcome === 'kept') kept = now.path;
      else going = now.path;
      return now;
    });
    await plan.write(part, rows.toReversed());
  }
}

function isBelow(path: EncodedPath | undefined, folder: EncodedPath | undefined): boolean {
  return path !== undefined && folder !== undefined && path.startsWith(`${folder}/`);
}

function stays(reason: string): Pick<PlannedRow, 'outcome' | 'reason' | 'attempts'> {
  return { outcome: 'kept', reason, attempts: 0 };
}

function notInRun(why: Why): string {
  return `not part of the run: ${wordsOf(why)}`;
}
