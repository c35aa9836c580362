import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createActivities } from '../../../src/activities/index.ts';
import { markForgotten } from '../../../src/history/runs/forgotten.ts';
import type { Run } from '../../../src/contracts/backup.ts';
import {
  type MarkedPrune,
  type Prune,
  type PruneInput,
  type PrunePlan,
  type PruneReport,
  type PruneTally,
  emptyPruneTally,
} from '../../../src/contracts/prune.ts';
import { addTallies } from '../../../src/contracts/job.ts';
import { versionsIn } from '../../support/leftovers.ts';
import { writeTree } from '../../support/tree.ts';
import { blobBytes, perform, type Rig } from '../rig.ts';
import { backUpRun } from '../verify/rig.ts';

export const signal = new AbortController().signal;

/** The id of the run that was made as number `n`. */
export function runId(n: number): string {
  return `20260102T0304${String(n).padStart(2, '0')}Z-0123abcd`;
}

/** Writes files and backs the tree up as run number `n`. */
export async function backUpAs(rig: Rig, n: number, files: Parameters<typeof writeTree>[1] = {}): Promise<string> {
  await writeTree(rig.root, files);
  await backUpRun(rig, runId(n));
  return runId(n);
}

export async function forget({ deps }: Rig, ...runs: readonly string[]): Promise<void> {
  for (const id of runs) {
    await markForgotten(
      deps.store,
      { prefix: deps.prefix, id },
      { at: '2026-01-03T00:00:00.000Z', reason: 'named' },
      signal,
    );
  }
}

let second = 0;

/** Every prune is a workflow of its own. */
export interface Asker {
  readonly workflowId: string;
  readonly runId: string;
}

export function asker(): Asker {
  second += 1;
  return { workflowId: `prune-${second}`, runId: `prune-run-${second}` };
}

/** What a prune came to. */
export interface Pruned {
  readonly prune: Prune;
  readonly plan: PrunePlan;
  readonly marked: MarkedPrune;
  readonly swept: PruneTally;
  readonly report: PruneReport;
}

export function openPrune({ activities }: Rig, input: PruneInput = {}, workflowExecution = asker()): Promise<Prune> {
  const startedAt = new Date(Date.UTC(2026, 2, 1) + second * 1000).toISOString();
  return perform(activities.openPrune, [input, startedAt], { workflowExecution });
}

/** What comes after the plan. */
export async function sweepAll({ activities }: Rig, prune: Prune, { pages }: MarkedPrune): Promise<PruneTally> {
  let swept = emptyPruneTally;
  for (let page = 0; page < pages; page += 1)
    swept = addTallies(swept, await perform(activities.sweepPrune, [prune, page]));
  return swept;
}

/** Prunes from start to end, as the workflow does. */
export async function pruneAll(rig: Rig, input: PruneInput = {}): Promise<Pruned> {
  const { activities } = rig;
  const prune = await openPrune(rig, input);
  const plan = await perform(activities.planPrune, [prune]);
  const marked = await perform(activities.markPrune, [prune]);
  const swept = await sweepAll(rig, prune, marked);
  const times = { startedAt: '2026-03-01T00:00:00.000Z', finishedAt: '2026-03-01T00:00:01.000Z' };
  const tally = prune.dryRun ? marked.tally : { ...marked.tally, ...pick(swept) };
  const address = await perform(activities.closePrune, [prune, { ...plan, ...tally, ...times }]);
  const report = JSON.parse((await blobBytes(rig, address.slice(address.indexOf('/') + 1))).toString()) as PruneReport;
  return { prune, plan, marked, swept, report };
}

// What stays is counted when it is looked at, and what goes when it is gone.
function pick({ deleted, deletedBytes, data, dataBytes, changed }: PruneTally): Partial<PruneTally> {
  return { deleted, deletedBytes, data, dataBytes, changed };
}

/** The same storage where these workflows, by their ids, are under way. */
export function whileRunning(rig: Rig, ...ids: readonly string[]): Rig {
  const isRunning = (id: string, firstRunId?: string) =>
    Promise.resolve(ids.includes(id) && firstRunId !== 'withdrawn');
  const deps = { ...rig.deps, isRunning };
  return { ...rig, deps, activities: createActivities(deps) };
}

/** The versions of files. */
export async function files(rig: Rig) {
  return (await versionsIn(rig.container)).filter(({ name }) => !name.startsWith('.durable-backup/'));
}

/** One run to be forgotten, and one after it. */
export async function twoRuns(rig: Rig): Promise<void> {
  await backUpAs(rig, 1, { a: 10, b: 20 });
  await rm(join(rig.root, 'b'));
  await backUpAs(rig, 2, { a: 30 });
}

/** Opens a run as the workflow of this id does. */
export async function opening(rig: Rig, workflowId: string): Promise<Run> {
  const startedAt = '2026-01-02T04:00:00.000Z';
  const workflowExecution = { workflowId, runId: `${workflowId}-run` };
  const input = { root: rig.root, options: rig.run.options };
  return (await perform(rig.activities.openRun, [input, startedAt], { workflowExecution })).run;
}
