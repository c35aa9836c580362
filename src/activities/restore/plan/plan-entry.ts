import type { BigIntStats } from 'node:fs';
import { lstat } from 'node:fs/promises';
import type { EncodedPath } from '../../../contracts/encoded-path.ts';
import { nameOfKind } from '../../../contracts/manifest.ts';
import type { Restore, RestoreOutcome } from '../../../contracts/restore.ts';
import { lastNameOf, parentOf } from '../../../files/paths.ts';
import type { RestoreEntry } from '../ledger.ts';
import { isAsHeld } from '../target/attributes.ts';
import type { FolderCache } from '../target/folder-cache.ts';
import type { DeletionPlan } from './deletion-plan.ts';

// Enough to keep the thread pool busy; more only holds memory.
export const planAtOnce = { concurrency: 64 };

/** What is to become of a path; without an outcome it is to be written. */
interface Plan {
  readonly outcome?: RestoreOutcome;
  readonly reason?: string;
  readonly replacesFolder?: true;
}

/** Finds out what is to become of entries, by what stands in their places; changes nothing. */
export interface Planner {
  readonly plan: (entry: RestoreEntry) => Promise<Plan>;
  /** Whether anything stands at the entry's place. */
  readonly isTaken: (entry: RestoreEntry) => Promise<boolean>;
}

/** What stands where the run has a folder. */
type FolderState = 'directory' | 'nothing' | 'gives way' | 'obstacle';

/** Whether a directory makes room for what is no directory, and the other way round. Then things go that the run does not name. */
export function givesWay(restore: Pick<Restore, 'delete' | 'overwrite'>): boolean {
  return restore.delete && restore.overwrite !== 'never';
}

/** `deletions` says what of another kind may go. */
export function createPlanner(restore: Restore, folders: FolderCache, deletions: Pick<DeletionPlan, 'find'>): Planner {
  const states = new Map<EncodedPath, Promise<FolderState>>();

  const folderState = (path: EncodedPath): Promise<FolderState> => {
    if (path === '') return Promise.resolve('directory');
    const state = states.get(path) ?? lookAtFolder(path);
    states.set(path, state);
    return state;
  };

  const lookAtFolder = async (path: EncodedPath): Promise<FolderState> => {
    const above = await folderState(parentOf(path));
    if (above !== 'directory') return above;
    const found = await lookAt(path);
    if (found === undefined) return 'nothing';
    // A symlink is no directory here, wherever it leads.
    if (found === 'hidden' || found.isDirectory()) return 'directory';
    return givesWay(restore) && (await deletions.find(path)) === undefined ? 'gives way' : 'obstacle';
  };

  const lookAt = (path: EncodedPath) =>
    unlessHidden(folders.within(parentOf(path), ({ at }) => lstat(at(lastNameOf(path)), { bigint: true })));

  const look = async ({ path }: RestoreEntry): Promise<BigIntStats | 'hidden' | 'blocked' | undefined> => {
    const folder = await folderState(parentOf(path));
    if (folder === 'directory') return lookAt(path);
    return folder === 'obstacle' ? 'blocked' : undefined;
  };

  return {
    isTaken: async (entry) => (await look(entry)) !== undefined,
    plan: async (entry) => {
      const plan = await planFor(entry, await look(entry));
      return restore.dryRun && plan.outcome === undefined ? { ...plan, outcome: 'restored' } : plan;
    },
  };

  async function planFor(entry: RestoreEntry, found: BigIntStats | 'hidden' | 'blocked' | undefined): Promise<Plan> {
    if (found === 'blocked') return failed('a folder on the way to it is no directory in the target');
    // What cannot be seen, as where permissions hide it, is found out when it is written.
    return found === undefined || found === 'hidden' ? {} : compare(entry, found);
  }

  async function compare(entry: RestoreEntry, found: BigIntStats): Promise<Plan> {
    if (found.isDirectory() !== (entry.kind === 'directory')) return obstructed(entry, found);
    const looking = folders.within(parentOf(entry.path), ({ at }) =>
      isAsHeld(entry, found, at(lastNameOf(entry.path))),
    );
    // What is wrong with its folder by now shows when it is written.
    const isSame = await looking.catch(() => false);
    // A directory is never written over; where it is as it should be there is nothing to do.
    if (isSame && (restore.overwrite !== 'always' || entry.kind === 'directory')) return { outcome: 'unchanged' };
    return restore.overwrite === 'never' ? { outcome: 'kept' } : {};
  }

  async function obstructed(entry: RestoreEntry, found: BigIntStats): Promise<Plan> {
    const isFolder = found.isDirectory();
    const there = nameOfKind({ kind: isFolder ? 'directory' : found.isSymbolicLink() ? 'symlink' : 'file' });
    const inTheWay = `${there} is where ${nameOfKind(entry)} belongs`;
    if (!givesWay(restore)) {
      return failed(`${inTheWay}: move it away, or restore with delete and without overwrite: never`);
    }
    const planned = await deletions.find(isFolder ? `${entry.path}/` : entry.path);
    if (planned?.outcome === 'kept') return failed(`${inTheWay}, and stays (${planned.reason}): move it away`);
    // What is in it was looked at when the restore began.
    if (isFolder && planned === undefined) return failed(`${inTheWay} since the restore began: start it again`);
    return { reason: `${there} gives way to it`, ...(isFolder && { replacesFolder: true }) };
  }
}

/** What stands at a place, or that it cannot be seen; undefined where nothing does. */
async function unlessHidden(looking: Promise<BigIntStats>): Promise<BigIntStats | 'hidden' | undefined> {
  try {
    return await looking;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' || code === 'ENOTDIR' ? undefined : 'hidden';
  }
}

function failed(reason: string): Plan {
  return { outcome: 'failed', reason };
}
