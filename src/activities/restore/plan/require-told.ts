import { ExpectedError, failureTypes } from '../../../contracts/failures.ts';
import type { Filters } from '../../../contracts/filters.ts';
import type { Manifest } from '../../../contracts/manifest.ts';

/**
 * Throws an {@link ExpectedError} when nobody can tell what a run left out, so that a mirror of it could delete just that: an earlier version
 * made it and did not write that down, and it was not by globs alone, which tell it themselves.
 */
export function requireTold(manifest: Manifest): void {
  const { run, root, excluded = 0, filters = {}, leftOut } = manifest;
  const mayBeHidden = goesByState(filters) || (excluded > 0 && filters.ignoreFiles !== false);
  if (leftOut !== undefined || !mayBeHidden) return;
  throw new ExpectedError(
    failureTypes.invalidInput,
    `delete: run ${run} is of an earlier version, which did not write down what it left out: back ${root} up once more and restore that run, restore without delete, or give --force (over HTTP force: true); then only what its filters and the ignore files that it holds leave out is sure to stay`,
  );
}

/** Whether what was left out depends on what was found there, and not on names alone. */
function goesByState({ excludeIfPresent = [], excludeCaches, largerThan, oneFileSystem }: Filters): boolean {
  return excludeIfPresent.length > 0 || excludeCaches === true || largerThan !== undefined || oneFileSystem === true;
}
