import type { BigIntStats } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FileAttributes } from '../../shared/manifest.ts';
import { attributesOf } from '../walk.ts';
import type { OpenedFile } from './blocking-file.ts';

const clockTick = 20;

/**
 * A file's state before it is read. The system's clock for file times ticks every few milliseconds: a write within the tick of the
 * last one would not show in them, so a file that was written just now is left alone for longer than a tick.
 */
export async function settledStat(file: OpenedFile, signal: AbortSignal): Promise<BigIntStats> {
  const found = await file.stat({ bigint: true });
  if (Math.abs(Date.now() - Number(found.ctimeMs)) > clockTick) return found;
  await sleep(clockTick, undefined, { signal });
  return file.stat({ bigint: true });
}

/** Whether the file is still as it was before it was read. */
export async function heldStill(file: OpenedFile, before: FileAttributes): Promise<boolean> {
  const now = attributesOf(await file.stat({ bigint: true }));
  return now.size === before.size && now.mtimeNs === before.mtimeNs && now.ctimeNs === before.ctimeNs;
}
