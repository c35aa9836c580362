import { ExpectedError, failureTypes } from '../contracts/failures.ts';
import { confine } from './confine.ts';
import { isInside } from './paths.ts';

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

/** The real path of the directory that holds the embedded servers' data; undefined where there is none. */
export type FindEmbeddedData = () => Promise<string | undefined>;

/** Throws `InvalidInput` when a root, whose real path is `real`, lies in the data of the embedded servers: a backup of its own store grows for ever. */
export function requireOutsideData(root: string, real: string, embeddedData: string | undefined): void {
  if (embeddedData === undefined || !isInside(real, embeddedData)) return;
  throw new ExpectedError(
    failureTypes.invalidInput,
    `root: ${root} is in ${embeddedData}, which holds the data of the embedded servers: back up another directory, or set DATA_DIR to one apart`,
  );
}
