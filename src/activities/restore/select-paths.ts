import { invalid, normalizePath, pathMatcher } from '../../shared/asked-path.ts';
import type { EncodedPath } from '../../shared/encoded-path.ts';
import { parentOf } from './places.ts';

/** Which paths are asked for. */
export interface Selection {
  /** Whether the path itself or a folder that it is in is asked for. */
  readonly selects: (path: EncodedPath) => boolean;
}

const everything: Selection = { selects: () => true };

/**
 * The selection of files, folders and globs (`*`, `**`, `?`, `[…]`, `{…,…}`), relative to the root. A path that is there exactly as it is
 * written, or as a ledger encodes it, is meant besides what it would match as a glob.
 */
export function createSelection(paths: readonly string[] | undefined): Selection {
  if (paths === undefined) return everything;
  const patterns = paths.map(pathMatcher);
  // Entries come folder by folder, so the last folder is mostly the next one's too.
  let known = { folder: '', selected: false };
  const selects = (path: EncodedPath): boolean => {
    if (patterns.some((matches) => matches(path))) return true;
    const folder = parentOf(path);
    if (folder === '') return false;
    if (known.folder !== folder) known = { folder, selected: selects(folder) };
    return known.selected;
  };
  return { selects };
}

/** Brings paths into the form that is compared. Throws an `ExpectedError` that names what is wrong. */
export function normalizePaths(paths: readonly string[] | undefined): readonly string[] | undefined {
  if (paths === undefined) return undefined;
  if (!Array.isArray(paths) || paths.length === 0) {
    throw invalid('paths', 'give at least one, or leave it out for everything');
  }
  return paths.map((path: unknown) => {
    if (typeof path !== 'string') throw invalid('paths', `${JSON.stringify(path)} is no text`);
    return normalizePath(path, 'paths');
  });
}
