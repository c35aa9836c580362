import { isAbsolute, relative, resolve, sep } from 'node:path';
import { ExpectedError, failureTypes } from '../../contracts/failures.ts';

/**
 * Paths to restore as a restore takes them, relative to the root that was backed up: absolute ones below it are made so. Undefined
 * when none is given, or one is the root itself: then everything is meant. Throws an {@link ExpectedError} for one that leads elsewhere.
 */
export function pathsBelow(root: string | undefined, paths: readonly string[]): string[] | undefined {
  const below = paths.map((path) => pathBelow(root, path));
  return below.length === 0 || below.includes('') ? undefined : below;
}

function pathBelow(root: string | undefined, path: string): string {
  if (path === '') throw wrong(path, 'It is empty; leave it out for everything');
  if (isAbsolute(path) && root === undefined) throw wrong(path, 'Give it relative to the directory that was backed up');
  // Where the root is not known here, any will do to take `.` and `..` away.
  const from = root ?? sep;
  const way = relative(from, resolve(from, path));
  if (way === '..' || way.startsWith(`..${sep}`) || isAbsolute(way)) {
    throw wrong(path, `It leads out of ${root ?? 'the directory that was backed up'}`);
  }
  return sep === '/' ? way : way.replaceAll(sep, '/');
}

function wrong(path: string, why: string): ExpectedError {
  return new ExpectedError(failureTypes.invalidInput, `path ${JSON.stringify(path)}: ${why}`);
}
