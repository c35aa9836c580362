import { shownNames, textMatcher } from '../../../contracts/globs/path-pattern.ts';
import { createTurn } from '../../../lib/create-turn.ts';
import { ExpectedError, failureTypes } from '../../../contracts/failures.ts';
import { holdsContent, type ManifestEntry } from '../../../contracts/manifest.ts';
import type { Restore } from '../../../contracts/restore.ts';
import { createSelection } from './select-paths.ts';

type Asked = Pick<Restore, 'paths' | 'exact'>;

/** The entries that are asked for, without the folders on the way to them. */
export async function* onlySelected(
  entries: AsyncIterable<ManifestEntry>,
  asked: Asked,
): AsyncGenerator<ManifestEntry> {
  const selection = createSelection(asked);
  const turn = createTurn();
  for await (const entry of entries) {
    if (selection.selects(entry.path)) yield entry;
    await turn.giveWay();
  }
}

/** Bytes of the files among entries that `paths` select. Throws an {@link ExpectedError} that names each path which matches nothing. */
export async function countSelected(
  entries: AsyncIterable<ManifestEntry>,
  { paths = [], exact = {} }: Asked,
): Promise<number> {
  // The run has the exact ones, and of what is in a folder that is asked for, the folder is an entry too.
  let unmatched = paths
    .filter((path) => !Object.hasOwn(exact, path))
    .map((path) => ({ path, matches: textMatcher(path) }));
  let bytes = 0;
  for await (const entry of entries) {
    if (unmatched.length > 0) {
      const names = shownNames(entry.path);
      unmatched = unmatched.filter(({ matches }) => !matches(entry.path, names));
    }
    if (holdsContent(entry)) bytes += entry.size;
  }
  if (unmatched.length === 0) return bytes;
  const shown = unmatched.slice(0, mostShown).map(({ path }) => `"${path}"`);
  const more = unmatched.length > mostShown ? ` and ${unmatched.length - mostShown} more` : '';
  throw new ExpectedError(
    failureTypes.invalidInput,
    `paths: ${shown.join(', ')}${more} matches nothing in the run; give paths relative to the directory that was backed up`,
  );
}

const mostShown = 20;
