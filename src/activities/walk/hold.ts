/** A directory that is being read. */
export interface HeldDirectory {
  /** How it is reached, and what is in it. */
  readonly location: Buffer;
  readonly release: () => Promise<void>;
}

/** Gets hold of a directory that was found. Throws when it may not be read. */
export type Hold = (location: Buffer) => Promise<HeldDirectory>;

/** Reaches directories by their paths, once `check` has nothing against them. */
export function holdByPath(check: (directory: Buffer) => Promise<void>): Hold {
  return async (location) => {
    await check(location);
    return { location, release: nothing };
  };
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
