import { hash } from 'node:crypto';
import { ExpectedError, failureTypes } from '../../../contracts/failures.ts';
import { createDirectoryCheck } from '../../../files/confine.ts';

/** What the names of this project's own files in a target begin with. */
export const temporaryPrefix = '.durable-restore-';

/**
 * The name under which a file is written before it takes its place: in the same directory, of a form that later attempts can tell, and of
 * each attempt another, so that one that is taken for dead and is not cannot put a later one's half a file in place.
 */
export function temporaryNameOf(restoreId: string, location: Buffer, attempt: number): Buffer {
  const digest = hash('sha256', Buffer.concat([Buffer.from(`${restoreId}\0`), location])).slice(0, 32);
  return Buffer.from(`${temporaryPrefix}${digest}-${attempt}`);
}

/** Throws an {@link ExpectedError} when a directory does not lie below the target: a symlink on the way to it leads out. */
export async function requireInside(realTarget: string, directory: Buffer): Promise<void> {
  try {
    // A new check each time: what was inside when a file was written may lead elsewhere when the next one is.
    await createDirectoryCheck(realTarget)(directory);
  } catch (error) {
    if (!(error instanceof ExpectedError)) throw error;
    throw new ExpectedError(
      failureTypes.rootNotAllowed,
      `${directory.toString()} leads out of the target: nothing is written through a symlink`,
    );
  }
}
