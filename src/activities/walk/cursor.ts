import { comparePaths } from '../../shared/encoded-path.ts';
import { afterUnread } from '../../shared/manifest.ts';
import type { Child } from './level.ts';

/** Whether what comes after the cursor may lie in it: an earlier page tells of it, so what is wrong with it now would be told nowhere. */
export function leadsTo({ key, isDirectory }: Child, cursor: string | undefined): boolean {
  return isDirectory && cursor?.startsWith(key) === true && cursor !== afterUnread(key);
}

/** Whether it comes after the cursor; everything does where there is none. */
export function isAfter({ key }: Child, cursor: string | undefined): boolean {
  return cursor === undefined || comparePaths(key, cursor) > 0;
}
