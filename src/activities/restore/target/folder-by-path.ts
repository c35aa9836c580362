import type { Stats } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ExpectedError, failureTypes } from '../../../contracts/failures.ts';
import { joined } from '../../../files/paths.ts';
import type { Folder } from './folder.ts';
import { requireInside } from './places.ts';

const othersWrite = 0o022;
const sticky = 0o1000;

/**
 * Opens a target, a real path, where the system does not let folders be held open: each is checked before it is used, and reached by its
 * path. Another user could replace a folder on the way in between, and have this one write elsewhere. So throws an {@link ExpectedError}
 * where one could who is not `user`, the id of this process's user; undefined where the system has none.
 */
export async function followTarget(realTarget: string, user: number | undefined): Promise<Folder> {
  if (user !== undefined) await requireOwnWay(realTarget, user);
  return open(Buffer.from(realTarget), { realTarget, user });
}

async function requireOwnWay(realTarget: string, user: number): Promise<void> {
  let path = realTarget;
  while (path !== dirname(path)) {
    path = dirname(path);
    requireOwn(path, await lstat(path), user);
  }
}

async function open(
  place: Buffer,
  target: { readonly realTarget: string; readonly user: number | undefined },
): Promise<Folder> {
  const check = async () => {
    const found = await lstat(place);
    if (!found.isDirectory()) throw Object.assign(new Error('ENOTDIR: not a directory'), { code: 'ENOTDIR' });
    await requireInside(target.realTarget, place);
    if (target.user !== undefined) requireOwn(place.toString(), found, target.user);
  };
  await check();
  return {
    self: place,
    at: (name) => joined(place, name),
    open: (name) => open(joined(place, name), target),
    check,
    close: () => Promise.resolve(),
  };
}

/** Throws where others than the user may move away what is in a folder. The user's own group is trusted, but with the rights of root. */
function requireOwn(folder: string, { uid, mode }: Stats, user: number): void {
  const isOwn = uid === user || uid === 0;
  // In a sticky directory nobody moves away what belongs to others.
  const isShared = user === 0 && (mode & othersWrite) !== 0 && (mode & sticky) === 0;
  if (isOwn && !isShared) return;
  throw new ExpectedError(
    failureTypes.targetUnusable,
    `${folder} may be written to by other users, who could lead a restore out of it on this system: restore as the user who owns it, or into a folder that nobody else may write to`,
  );
}
