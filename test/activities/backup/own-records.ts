import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { jobLayout, runLayout } from '../../../src/storage/run-layout.ts';
import { writeTree } from '../../support/tree.ts';
import { backUpAs, forget, openPrune, runId } from '../prune/rig.ts';
import { copyPages, listPages as listRestored, open as openRestore, type RestoreRig } from '../restore/rig.ts';
import { copyAll, listAll, perform } from '../rig.ts';
import { backUpRun, openDeep } from '../verify/rig.ts';

/** A job in the middle of its work: a blob of its own, and what reads that next. */
export interface Midway {
  readonly blob: string;
  readonly read: () => Promise<unknown>;
}

async function listed(rig: RestoreRig) {
  await writeTree(rig.root, { a: 100, b: 200, 'c/d': 300 });
  const pages = await listAll(rig);
  return { pages, layout: runLayout(rig.run) };
}

export async function copied(rig: RestoreRig) {
  const { pages, layout } = await listed(rig);
  await copyAll(rig, pages);
  return layout;
}

async function restoring(rig: RestoreRig) {
  await listed(rig);
  await backUpRun(rig);
  const restore = await openRestore(rig);
  const pages = await listRestored(rig, restore);
  return { restore, pages, layout: jobLayout('restores', restore) };
}

async function verifying(rig: RestoreRig) {
  await listed(rig);
  await backUpRun(rig);
  const { verification, copies } = await openDeep(rig);
  return { verification, copies, layout: jobLayout('verifications', verification) };
}

async function pruning(rig: RestoreRig) {
  await backUpAs(rig, 1, { a: 100, b: 200 });
  await rm(join(rig.root, 'b'));
  await backUpAs(rig, 2, { a: 300 });
  await forget(rig, runId(1));
  const prune = await openPrune(rig);
  await perform(rig.activities.planPrune, [prune]);
  return { prune, layout: jobLayout('prunes', prune) };
}

const backUpAgain = 'back up again';

/** By what is damaged and who reads it: the way there, and what the failure advises. */
export const records: Record<string, readonly [advice: string, begin: (rig: RestoreRig) => Promise<Midway>]> = {
  "a backup's page, read by a copy": [
    backUpAgain,
    async (rig) => {
      const { pages, layout } = await listed(rig);
      return { blob: layout.page(0), read: () => copyAll(rig, pages) };
    },
  ],
  "a backup's page, read by sealing it": [
    backUpAgain,
    async (rig) => {
      const layout = await copied(rig);
      return { blob: layout.page(0), read: () => perform(rig.activities.sealPage, [rig.run, 0, []]) };
    },
  ],
  "a backup's page, read by listing it again": [
    backUpAgain,
    async (rig) => {
      const { layout } = await listed(rig);
      return { blob: layout.page(0), read: () => perform(rig.activities.listFiles, [rig.run, 0], { attempt: 2 }) };
    },
  ],
  "a backup's outcomes": [
    backUpAgain,
    async (rig) => {
      const layout = await copied(rig);
      return { blob: layout.outcome(0, 1), read: () => perform(rig.activities.sealPage, [rig.run, 0, []]) };
    },
  ],
  "a backup's shard, in a later round": [
    'take another run, or back up again',
    async (rig) => {
      await listed(rig);
      await backUpRun(rig);
      const again = { ...rig.run, round: 1 };
      return { blob: runLayout(rig.run).shard(0), read: () => perform(rig.activities.listFailed, [again, 0]) };
    },
  ],
  "a restore's page, read by a copy": [
    'restore again',
    async (rig) => {
      const { restore, pages, layout } = await restoring(rig);
      return { blob: layout.page(0), read: () => copyPages(rig, restore, pages) };
    },
  ],
  "a restore's page, read by sealing it": [
    'restore again',
    async (rig) => {
      const { restore, pages, layout } = await restoring(rig);
      await copyPages(rig, restore, pages);
      return { blob: layout.page(0), read: () => perform(rig.activities.sealRestorePage, [restore, 0, []]) };
    },
  ],
  "a restore's outcomes": [
    'restore again',
    async (rig) => {
      const { restore, pages, layout } = await restoring(rig);
      await copyPages(rig, restore, pages);
      return { blob: layout.outcome(0, 0), read: () => perform(rig.activities.sealRestorePage, [restore, 0, []]) };
    },
  ],
  "a restore's ledger, in a later round": [
    'restore again',
    async (rig) => {
      const { restore, pages, layout } = await restoring(rig);
      await copyPages(rig, restore, pages);
      await perform(rig.activities.sealRestorePage, [restore, 0, []]);
      const again = { ...restore, round: 1 };
      return { blob: layout.shard(0), read: () => perform(rig.activities.listUnrestored, [again, 0]) };
    },
  ],
  "a verification's page": [
    'verify again',
    async (rig) => {
      const { verification, copies, layout } = await verifying(rig);
      const read = async () => {
        for (const copy of copies) await perform(rig.activities.verifyFiles, [verification, copy]);
      };
      return { blob: layout.page(0), read };
    },
  ],
  "a verification's outcomes": [
    'verify again',
    async (rig) => {
      const { verification, copies, layout } = await verifying(rig);
      for (const copy of copies) await perform(rig.activities.verifyFiles, [verification, copy]);
      const read = () => perform(rig.activities.sealVerificationPage, [verification, 0, []]);
      return { blob: layout.outcome(0, 0), read };
    },
  ],
  "a prune's plan": [
    'prune again',
    async (rig) => {
      const { prune, layout } = await pruning(rig);
      return { blob: layout.plan, read: () => perform(rig.activities.markPrune, [prune]) };
    },
  ],
  "a prune's page": [
    'prune again',
    async (rig) => {
      const { prune, layout } = await pruning(rig);
      await perform(rig.activities.markPrune, [prune]);
      return { blob: layout.page(0), read: () => perform(rig.activities.sweepPrune, [prune, 0]) };
    },
  ],
};
