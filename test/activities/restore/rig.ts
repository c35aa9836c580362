import { execFileSync } from 'node:child_process';
import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as tick } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { createActivities } from '../../../src/activities/index.ts';
import type { RestoreRow } from '../../../src/activities/restore/ledger.ts';
import type { JobOptions, Page, SliceResult } from '../../../src/contracts/job.ts';
import type { Restore, RestoreInput, RestoreReport, RestoreTally } from '../../../src/contracts/restore.ts';
import { parseNdjson } from '../../../src/storage/ndjson.ts';
import { jobLayout } from '../../../src/storage/run-layout.ts';
import { temporaryDirectory, writeTree } from '../../support/tree.ts';
import { blobBytes, mebibyte, openRig, perform, type Rig } from '../rig.ts';
import { backUpRun } from '../verify/rig.ts';

const times = { startedAt: '2026-02-02T03:04:05.000Z', finishedAt: '2026-02-02T03:05:00.000Z' };

export interface RestoreRig extends Rig {
  /** Where tests restore to: a real path, not there yet, in an allowed directory. */
  readonly target: string;
  /** The allowed directory around it. */
  readonly around: string;
}

export async function openRestoreRig(options: Partial<JobOptions> = {}): Promise<RestoreRig> {
  const rig = await openRig(options);
  const around = await realpath(await temporaryDirectory());
  const deps = { ...rig.deps, roots: [rig.root, around] };
  return { ...rig, deps, activities: createActivities(deps), around, target: join(around, 'target') };
}

let second = 0;

export function open(rig: RestoreRig, input: Partial<RestoreInput> = {}): Promise<Restore> {
  const { activities, run, target } = rig;
  // A start of its own for each restore.
  second += 1;
  const startedAt = new Date(Date.UTC(2026, 1, 2) + second * 1000).toISOString();
  return perform(activities.openRestore, [{ run: run.id, target, options: run.options, ...input }, startedAt]);
}

export async function listPages({ activities }: Rig, restore: Restore): Promise<Page[]> {
  const pages: Page[] = [];
  do {
    const cursor = pages.at(-1)?.cursor;
    pages.push(
      await perform(
        activities.listRestore,
        cursor === undefined ? [restore, pages.length] : [restore, pages.length, cursor],
      ),
    );
  } while (pages.at(-1)?.cursor !== undefined);
  return pages;
}

export async function copyPages(
  { activities }: Rig,
  restore: Restore,
  pages: readonly Page[],
  attempt = 1,
): Promise<SliceResult[]> {
  const results: SliceResult[] = [];
  for (const copy of pages.flatMap(({ copies }) => copies)) {
    results.push(await perform(activities.restoreFiles, [restore, copy], { attempt }));
  }
  return results;
}

/** What a restore left. */
export interface Restored {
  readonly restore: Restore;
  readonly tally: RestoreTally;
  readonly report: RestoreReport;
  /** In the order of the ledger. */
  readonly rows: readonly RestoreRow[];
}

/** Mirrors a run, whatever the target holds so far. */
export const mirror = { delete: true, force: true } as const;

/** Restores from start to end, as the workflow does. */
export async function restoreRun(rig: RestoreRig, input: Partial<RestoreInput> = {}): Promise<Restored> {
  const restore = await open(rig, input);
  const pages = await listPages(rig, restore);
  await copyPages(rig, restore, pages);
  return seal(rig, restore, pages);
}

/** Restores again what failed of each page of a restore. */
export async function restoreAgain(rig: RestoreRig, before: Restored): Promise<Restored> {
  const restore = { ...before.restore, round: (before.restore.round ?? 0) + 1 };
  const pages: Page[] = [];
  for (const number of before.report.shards.filter(({ blob }) => !blob.includes('/9')).keys()) {
    pages.push(await perform(rig.activities.listUnrestored, [restore, number]));
  }
  await copyPages(rig, restore, pages);
  return seal(rig, restore, pages);
}

export async function seal(rig: RestoreRig, restore: Restore, pages: readonly Page[]): Promise<Restored> {
  const { activities } = rig;
  for (const { number } of pages) await perform(activities.sealRestorePage, [restore, number, []]);
  return commit(rig, restore);
}

export async function commit(rig: RestoreRig, restore: Restore): Promise<Restored> {
  const { tally } = await perform(rig.activities.commitRestore, [restore, times]);
  const report = JSON.parse(
    (await blobBytes(rig, jobLayout('restores', restore).manifest)).toString(),
  ) as RestoreReport;
  const rows: RestoreRow[] = [];
  for (const { blob } of report.shards) {
    rows.push(...parseNdjson<RestoreRow>(gunzipSync(await blobBytes(rig, blob)).toString()));
  }
  return { restore, tally, report, rows };
}

/** Outcome and reason of each path. */
export function brief(rows: readonly RestoreRow[]): Record<string, string> {
  return Object.fromEntries(
    rows.map(({ path, outcome, reason }) => [path, reason === undefined ? outcome : `${outcome}: ${reason}`]),
  );
}

/**
 * Everything below a directory as the system's own `find` sees it, but for the content of files: type, permissions, size of files, time of change in microseconds,
 * target of symlinks; by path, as bytes in latin1.
 */
export function snapshotOf(root: string): Map<string, string> {
  const format = String.raw`%P\0%y %m %T@ %s %l\0`;
  const fields = execFileSync('find', [root, '-mindepth', '1', '-printf', format], {
    encoding: 'latin1',
    maxBuffer: 2 ** 28,
  }).split('\0');
  const found = new Map<string, string>();
  for (let i = 0; i + 1 < fields.length; i += 2) {
    const [type = '', mode = '', time = '', size = '', ...target] = (fields[i + 1] ?? '').split(' ');
    const seconds = time.replace(/(?<=\.\d{6})\d+$/u, '');
    // The size of a directory is the file system's affair.
    found.set(fields[i] ?? '', [type, mode, seconds, type === 'd' ? '' : size, ...target].join(' '));
  }
  return found;
}

const sizes = { a: 1000, b: 0, large: 9 * mebibyte };

/** A rig with a run of a small, an empty and a large file; one copy takes them all. */
export async function backedUp(options = {}): Promise<RestoreRig> {
  const rig = await openRestoreRig({ smallTreeFiles: 0, ...options });
  await writeTree(rig.root, sizes);
  await backUpRun(rig);
  return rig;
}

export async function listed(rig: RestoreRig): Promise<{ restore: Restore; pages: Page[] }> {
  const restore = await open(rig);
  return { restore, pages: await listPages(rig, restore) };
}

/** Requests that fetch the content of a file. */
export function fetches(rig: RestoreRig, path = '') {
  return (request: { method: string; path: string }) =>
    request.method === 'GET' && request.path.includes(`${rig.root}/${path}`);
}

export async function allMemoryIsFree({ deps }: RestoreRig): Promise<boolean> {
  const taking = deps.memory.take(Infinity, new AbortController().signal);
  const free = await Promise.race([taking.then(() => true), tick(false)]);
  void taking.then((release) => release());
  return free;
}
