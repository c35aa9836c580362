import { realpath, stat } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { ExpectedError, failureTypes } from '../../../contracts/failures.ts';
import { confine } from '../../../files/confine.ts';
import { reasonOf } from '../../../lib/message-of.ts';

/** Checks the form of a target and brings it into its shortest one. Throws an {@link ExpectedError}. */
export function checkTarget(target: string): string {
  if (target.includes('\0')) throw invalid('target: holds a null character, which no path can');
  if (!isAbsolute(target)) {
    throw invalid(`target: ${JSON.stringify(target)} is not absolute; give the absolute path on the worker's machine`);
  }
  return resolve(target);
}

/** A directory to restore into, as it is or will be. */
export interface FoundTarget {
  /** Its real path. */
  readonly path: string;
  /** The nearest directory to it that is there: itself, once it is there. A real path. */
  readonly existing: string;
}

/**
 * Finds a target that need not be there yet. Throws an {@link ExpectedError} when it lies outside `roots`, or when something that is no
 * directory is in its place.
 */
export async function findTarget(target: string, roots: readonly string[]): Promise<FoundTarget> {
  const nearest = await nearestExisting(target);
  const existing = await confine(nearest, roots);
  if (!(await stat(existing)).isDirectory()) {
    throw unusable(`${nearest} is not a directory: give a directory to restore into`);
  }
  return { path: join(existing, relative(nearest, target)), existing };
}

async function nearestExisting(target: string): Promise<string> {
  for (let path = target; ; path = dirname(path)) {
    try {
      await realpath(path);
      return path;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOTDIR') throw unusable(`${target} leads through something that is not a directory`);
      if (code !== 'ENOENT' || path === dirname(path))
        throw unusable(`${target} cannot be reached (${reasonOf(error)})`);
    }
  }
}

function invalid(message: string): ExpectedError {
  return new ExpectedError(failureTypes.invalidInput, message);
}

function unusable(message: string): ExpectedError {
  return new ExpectedError(failureTypes.targetUnusable, message);
}
