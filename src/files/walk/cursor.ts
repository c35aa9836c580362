import { comparePaths } from '../../contracts/encoded-path.ts';
import { afterUnread } from '../../contracts/manifest.ts';
import type { Child } from './level.ts';

/** Whether what comes after the cursor may lie in it: an earlier page tells of it, so what is wrong with it now would be told nowhere. */
export function leadsTo({ key, isDirectory }: Child, cursor: string | undefined): boolean {
  return isDirectory && cursor?.startsWith(key) === true && cursor !== afterUnread(key);
}

/** Whether it comes after the cursor; everything does where there is none. */
export function isAfter({ key }: Child, cursor: string | undefined): boolean {
  return cursor === undefined || comparePaths(key, cursor) > 0;
}

/** Whether the listing came into it up to the cursor, and not just to one of these names, which are all that is listed where it is left out. */
export function wasEntered(child: Child, cursor: string | undefined, only: readonly string[]): boolean {
  const isInside = leadsTo(child, cursor) && cursor !== child.key;
  return isInside && !only.some((name) => cursor === child.key + name);
}
