import { confine } from './confine.ts';
import { ExpectedError, failureTypes } from '../contracts/failures.ts';

/** The real path of the directory to back up. Throws an {@link ExpectedError} when it is gone or is not what may be read. */
export async function findRoot(root: string, roots: readonly string[]): Promise<string> {
  try {
    return await confine(root, roots);
  } catch (error) {
    throw explainRoot(root, error);
  }
}

/** Tells a root that is gone from everything else that can be wrong on the way to it. */
export function explainRoot(root: string, error: unknown): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT')
    return new ExpectedError(failureTypes.rootNotFound, `${root} does not exist on the worker's machine`);
  if (code === 'ENOTDIR')
    return new ExpectedError(failureTypes.rootNotDirectory, `${root} leads through something that is not a directory`);
  return error;
}
