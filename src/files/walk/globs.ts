import { globsOf, type Filters, type Why } from '../../contracts/filters.ts';
import { compilePathGlob, type AskedPath, type PathGlob } from '../../contracts/globs/path-glob.ts';

/** The globs of a run over the paths of its tree. */
export interface Globs {
  /** Whether there are any that things must match to be listed. */
  readonly areIncluding: boolean;
  readonly isIncluded: (asked: AskedPath) => boolean;
  /** Whether something in this folder could be included. */
  readonly mayIncludeIn: (folder: AskedPath) => boolean;
  readonly excludes: (asked: AskedPath) => Why | undefined;
  /** Which of them matched something so far, in the order of {@link globsOf}: a `1` or a `0` for each. */
  readonly matched: () => string;
}

interface Watched extends PathGlob {
  readonly glob: string;
  isMatched: boolean;
}

export function createGlobs(filters: Filters): Globs {
  const all = globsOf(filters).map(({ option, glob }) => ({
    option,
    watched: { glob, ...compilePathGlob(glob), isMatched: false } as Watched,
  }));
  const of = (option: string) => all.filter((one) => one.option === option).map(({ watched }) => watched);
  const [include, exclude] = [of('include'), of('exclude')];
  return {
    areIncluding: include.length > 0,
    isIncluded: (asked) => firstMatch(include, asked) !== undefined,
    mayIncludeIn: (folder) => include.some((glob) => glob.mayMatchIn(folder)),
    excludes: (asked) => {
      const found = firstMatch(exclude, asked);
      return found && { by: 'exclude', rule: found.glob };
    },
    matched: () => all.map(({ watched }) => (watched.isMatched ? '1' : '0')).join(''),
  };
}

function firstMatch(globs: readonly Watched[], asked: AskedPath): Watched | undefined {
  const found = globs.find((glob) => glob.matches(asked));
  if (found === undefined) return undefined;
  // Those that match the same count as matching too.
  for (const glob of globs) glob.isMatched ||= glob === found || glob.matches(asked);
  return found;
}
