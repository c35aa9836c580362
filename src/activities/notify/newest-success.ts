import { findRun } from '../../history/runs/run-catalogue.ts';
import { ExpectedError, failureTypes } from '../../contracts/failures.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import type { Attempt } from '../paged/activity.ts';

/** A run that left nothing out. */
export interface Success {
  readonly run: string;
  /** ISO 8601. */
  readonly finishedAt: string;
}

/** The newest complete run of a directory, whoever asked for it; null when there is none. */
export function createNewestSuccess({ store }: Pick<ActivityDependencies, 'store'>) {
  return async (
    { signal }: Attempt,
    asked: { readonly prefix: string; readonly root: string },
  ): Promise<Success | null> => {
    try {
      const { manifest } = await findRun(store, { ...asked, run: 'latest' }, signal);
      return { run: manifest.run, finishedAt: manifest.finishedAt };
    } catch (error) {
      if (error instanceof ExpectedError && error.type === failureTypes.runNotFound) return null;
      throw error;
    }
  };
}
