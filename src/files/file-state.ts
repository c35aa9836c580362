import type { BigIntStats } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FileAttributes } from '../contracts/manifest.ts';
import type { FileSystem } from './disks.ts';
import type { OpenedFile } from './open-file.ts';
import { attributesOf } from './stat.ts';

// Milliseconds. The system's clock for file times ticks every 10 at most.
const clockTick = 10;
// Timers may be early, and a file that is waited for shall be settled then.
const margin = 10;
// Times of FAT, the coarsest, are even seconds.
const coarsest = 2000 + clockTick;
// How far the clock of a file server may be from this machine's: what Kerberos bears.
const clockSkew = 5 * 60_000;

const second = 1_000_000_000n;

/** A file's state before it is read. */
export interface FileState {
  readonly stats: BigIntStats;
  /** Whether its content may become another while size and times stay the same. */
  readonly mayHideChange: boolean;
}

/**
 * A file's state before it is read. A write within the granularity of the last one's time would not show in the times, so a file that was
 * written just now is left alone for longer than that. One that is written all the time is read nevertheless, and its state says so.
 */
export async function settledState(file: OpenedFile, fileSystem: FileSystem, signal: AbortSignal): Promise<FileState> {
  const found = await look(file);
  // A time of the future is of another clock, for which no wait is long enough.
  if (Math.abs(found.age) > found.granularity + margin) return stateOf(found, fileSystem);
  await sleep(found.granularity + margin - Math.max(found.age, 0), undefined, { signal });
  return stateOf(await look(file), fileSystem);
}

interface Look {
  readonly stats: BigIntStats;
  /** How long ago it was changed, at least. */
  readonly age: number;
  readonly granularity: number;
}

async function look(file: OpenedFile): Promise<Look> {
  // Before the look: what changes after it is younger still.
  const now = Date.now();
  const stats = await file.stat({ bigint: true });
  // Where the system keeps fractions of a second, hardly a time is without one.
  const granularity = stats.ctimeNs % second === 0n ? coarsest : clockTick;
  return { stats, age: now - Number(stats.ctimeMs), granularity };
}

function stateOf({ stats, age, granularity }: Look, fileSystem: FileSystem): FileState {
  const settled = fileSystem === 'other' ? granularity + clockSkew : granularity;
  // Some file systems have no time of change to give.
  const tells = fileSystem !== 'virtual' && stats.ctimeNs > 0n;
  return { stats, mayHideChange: !tells || age <= settled };
}

/** Whether the file is still as it was before it was read. */
export async function heldStill(file: OpenedFile, before: FileAttributes): Promise<boolean> {
  const now = attributesOf(await file.stat({ bigint: true }));
  return now.size === before.size && now.mtimeNs === before.mtimeNs && now.ctimeNs === before.ctimeNs;
}
