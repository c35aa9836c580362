import { createDirectoryCheck } from '../confine.ts';
import type { Selection } from './scope.ts';

/** A directory that is being read. */
export interface HeldDirectory {
  /** How it is reached, and what is in it. */
  readonly location: Buffer;
  readonly release: () => Promise<void>;
}

/** Gets hold of a directory that was found. Throws when it may not be read. */
export type Hold = (location: Buffer) => Promise<HeldDirectory>;

/** Unless a walk is told how, it reaches directories by their paths, once it is known that these do not lead out of the root. */
export function holdOf(
  root: string,
  { hold, selection }: { readonly hold?: Hold | undefined; readonly selection?: Selection | undefined },
): Hold {
  const byPath: Hold = async (location) => {
    await (selection?.checkDirectory ?? createDirectoryCheck(root))(location);
    return { location, release: nothing };
  };
  return hold ?? byPath;
}

/** For a directory that nobody holds. */
export function nothing(): Promise<void> {
  return Promise.resolve();
}

/** Does what a directory is wanted for; lets go of it where that fails. */
export async function releasing<T>({ release }: HeldDirectory, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    await release();
    throw error;
  }
}
