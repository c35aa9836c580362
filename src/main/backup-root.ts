import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename } from 'node:path';
import { ExpectedError, failureTypes } from '../shared/failures.ts';

/** Throws an {@link ExpectedError} unless `root` is a directory of this machine. */
export async function requireDirectory(root: string): Promise<void> {
  const found = await stat(root).catch((error: NodeJS.ErrnoException) => error);
  if (found instanceof Error) {
    const why = found.code === 'ENOENT' ? 'does not exist' : `cannot be read (${found.code})`;
    throw new ExpectedError(failureTypes.rootNotFound, `${root} ${why}: give the path of a directory`);
  }
  if (!found.isDirectory())
    throw new ExpectedError(
      failureTypes.rootNotDirectory,
      `${root} is not a directory: give the directory that holds it`,
    );
}

/** One directory of one machine has one id, so a command that was killed and is run again goes on with the run that it left. */
export function instanceIdOf(root: string): string {
  const name =
    basename(root)
      .replace(/[^\w.-]+/gu, '-')
      .slice(0, 40) || 'root';
  return `backup-${name}-${createHash('sha256').update(`${hostname()}\n${root}`).digest('hex').slice(0, 8)}`;
}
