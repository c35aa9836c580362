import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

import { ExpectedError } from '../contracts/failures.ts';
import { identifyProcess, isRunning, type ProcessIdentity } from './process-identity.ts';

/** Older than this, ms, a lock file that names no process was left by one that died while writing it. */
const unreadableIsStaleAfter = 10_000;
const longestWait = 10 * 60_000;
const quietWait = 2_000;

/**
 * Runs `work` while holding the lock file at `path`, so that no other process (nor another call in this one) runs its own at
 * the same time. A lock whose process has died is taken away.
 *
 * Thrown when a living process holds the lock for more than ten minutes (`StackUnavailable`).
 */
export async function withFileLock<T>(
  path: string,
  work: () => Promise<T>,
  /** Told once who is waited for, when that takes longer than two seconds. */
  onWait: (holder: string) => void = () => {},
): Promise<T> {
  const me = JSON.stringify(await identifyProcess(process.pid));
  const since = performance.now();
  let told = false;
  while (!(await tryCreate(path, me))) {
    await removeIfStale(path);
    const waited = performance.now() - since;
    if (!told && waited > quietWait) {
      told = true;
      onWait(await describeHolder(path));
    }
    if (waited > longestWait) {
      throw new ExpectedError(
        'StackUnavailable',
        `Waited ten minutes for the lock ${path}, held by ${await describeHolder(path)}. ` +
          'If that process hangs, end it and try again.',
      );
    }
    await sleep(20);
  }
  try {
    return await work();
  } finally {
    await rm(path, { force: true });
  }
}

async function tryCreate(path: string, content: string): Promise<boolean> {
  try {
    await writeFile(path, content, { flag: 'wx' });
    return true;
  } catch (error) {
    // Windows answers EPERM while a file of that name is being deleted.
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'EEXIST' || (code === 'EPERM' && process.platform === 'win32')) return false;
    // Made, and empty for lack of space: others would wait for whoever died while writing it.
    if (code === 'ENOSPC') await rm(path, { force: true });
    throw error;
  }
}

/** Only the holder of a second lock may remove the first; else two that see a dead lock could remove a third one's new lock. */
async function removeIfStale(path: string): Promise<void> {
  if (!(await isStale(path))) return;
  const breaker = `${path}.breaker`;
  if (!(await tryCreate(breaker, ''))) {
    if (await isOld(breaker)) await rm(breaker, { force: true });
    return;
  }
  try {
    if (await isStale(path)) await rm(path, { force: true });
  } finally {
    await rm(breaker, { force: true });
  }
}

async function isStale(path: string): Promise<boolean> {
  const holder = await readHolder(path);
  return holder === undefined ? isOld(path) : !(await isRunning(holder));
}

async function isOld(path: string): Promise<boolean> {
  try {
    return Date.now() - (await stat(path)).mtimeMs > unreadableIsStaleAfter;
  } catch {
    return false;
  }
}

async function readHolder(path: string): Promise<ProcessIdentity | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as ProcessIdentity;
  } catch {
    return undefined;
  }
}

async function describeHolder(path: string): Promise<string> {
  const holder = await readHolder(path);
  return holder === undefined ? 'an unknown process' : `process ${holder.pid}`;
}
