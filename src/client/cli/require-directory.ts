import { stat } from 'node:fs/promises';
import { ExpectedError, failureTypes } from '../../contracts/failures.ts';

/** Throws an {@link ExpectedError} unless `root` is a directory of this machine; `otherwise` says what else could have been meant. */
export async function requireDirectory(root: string, otherwise = ''): Promise<void> {
  const found = await stat(root).catch((error: NodeJS.ErrnoException) => error);
  if (found instanceof Error) {
    const why = found.code === 'ENOENT' ? 'does not exist' : `cannot be read (${found.code})`;
    throw new ExpectedError(failureTypes.rootNotFound, `${root} ${why}: give the path of a directory${otherwise}`);
  }
  if (!found.isDirectory())
    throw new ExpectedError(
      failureTypes.rootNotDirectory,
      `${root} is not a directory: give the directory that holds it`,
    );
}
