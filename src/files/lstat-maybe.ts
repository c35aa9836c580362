import type { BigIntStats } from 'node:fs';
import { lstat } from 'node:fs/promises';

/** What stands at a place; undefined when nothing does. */
export async function lstatMaybe(location: Buffer): Promise<BigIntStats | undefined> {
  try {
    return await lstat(location, { bigint: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
