import { ExpectedError, failureTypes } from '../../shared/failures.ts';
import { holdsContent, type ManifestEntry } from '../../shared/manifest.ts';
import { createSelection } from './select-paths.ts';

/** The entries that are asked for, without the folders on the way to them. */
export async function* onlySelected(
  entries: AsyncIterable<ManifestEntry>,
  paths: readonly string[] | undefined,
): AsyncGenerator<ManifestEntry> {
  const selection = createSelection(paths);
  for await (const entry of entries) if (selection.selects(entry.path)) yield entry;
}

/** Bytes of the files among entries that `paths` select. Throws an {@link ExpectedError} that names each path which matches nothing. */
export async function countSelected(entries: AsyncIterable<ManifestEntry>, paths: readonly string[]): Promise<number> {
  let unmatched = paths.map((path) => ({ path, selection: createSelection([path]) }));
  let bytes = 0;
  for await (const entry of entries) {
    unmatched = unmatched.filter(({ selection }) => !selection.selects(entry.path));
    if (holdsContent(entry)) bytes += entry.size;
  }
  if (unmatched.length === 0) return bytes;
  throw new ExpectedError(
    failureTypes.invalidInput,
    `paths: ${unmatched.map(({ path }) => `"${path}"`).join(', ')} matches nothing in the run; give paths relative to the directory that was backed up`,
  );
}
