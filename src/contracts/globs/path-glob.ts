import { expandBraces } from './expand-braces.ts';
import { requireBudget } from './glob-budget.ts';
import { compileGlob, compileName, namesOf, tokensOf, type Name } from './glob.ts';

// Compiled, each takes memory for each alternative that a glob stands for.
const mostSegments = 200;

/** A path that globs are asked about: relative to the root, as people read it. */
export interface AskedPath {
  readonly path: string;
  readonly names: readonly Name[];
  /** The last of them. */
  readonly name: Name;
  readonly isDirectory: boolean;
}

/** Takes a path apart for all globs that are asked about it. */
export function askedPath(path: string, isDirectory: boolean): AskedPath {
  const names = namesOf(path);
  return { path, names, name: names.at(-1) as Name, isDirectory };
}

/** A glob over a tree. */
export interface PathGlob {
  readonly matches: (asked: AskedPath) => boolean;
  /** Whether something in this folder, at any depth, could match. */
  readonly mayMatchIn: (folder: Pick<AskedPath, 'names'>) => boolean;
}

/**
 * Compiles a glob over a tree. With a slash at its beginning or in its middle it is relative to the root, otherwise it is about names at
 * any depth; with one at its end it is about folders alone. `a/**` is what is in `a`, and not `a`. Throws an `ExpectedError` for one
 * beyond `globBudget`.
 */
export function compilePathGlob(glob: string): PathGlob {
  const plain = glob.replace(/\/+$/u, '');
  const isOnlyFolders = plain !== glob;
  requireBudget([plain], 'glob');
  const alternatives = expandBraces(plain).map(compileAlternative);
  return {
    matches: (asked) => (asked.isDirectory || !isOnlyFolders) && alternatives.some(({ matches }) => matches(asked)),
    mayMatchIn: (folder) => alternatives.some(({ mayMatchIn }) => mayMatchIn(folder)),
  };
}

/** What is wrong with a glob, as the end of a sentence about it; undefined when nothing is. */
export function globFault(glob: string): string | undefined {
  if (glob.replaceAll('/', '') === '') return 'names nothing; leave it out where everything is meant';
  if (glob.includes('\0')) return 'holds a null character, which no path can';
  if (glob.startsWith('!')) {
    return String.raw`begins with !, which turns a rule round in .backupignore alone; write \! for a name that begins so`;
  }
  const segments = glob.replace(/^\/|\/+$/gu, '').split('/');
  if (segments.length > mostSegments)
    return `has more than ${mostSegments} segments; shorten it, or give several globs`;
  const isClean = segments.every((segment) => !['', '.', '..'].includes(segment));
  return isClean ? undefined : 'is not relative to the root; give it without . and .. and empty segments';
}

function compileAlternative(glob: string): PathGlob {
  if (!glob.includes('/')) {
    const matches = compileName(tokensOf(glob));
    return { matches: ({ name }) => matches(name), mayMatchIn: () => true };
  }
  const anchored = glob.replace(/^\/+/u, '');
  // Otherwise `**` would stand for no folders, too.
  const matches = compileGlob(anchored.replace(/\/\*\*$/u, '/**/*'));
  const [beginning = ''] = /^[^*?[\\]*/u.exec(anchored) ?? [];
  return {
    matches: ({ path, names }) => path.startsWith(beginning) && matches(names),
    mayMatchIn: compileLead(anchored),
  };
}

/** Whether a folder is on the way to what a glob matches, or at any depth below its first `**`. */
function compileLead(glob: string): PathGlob['mayMatchIn'] {
  const segments = glob.split('/');
  const deep = segments.indexOf('**');
  const lead = segments.slice(0, deep === -1 ? -1 : deep).map((segment) => compileName(tokensOf(segment)));
  return ({ names }) => {
    if (deep === -1 && names.length > lead.length) return false;
    return lead.every((fits, i) => names[i] === undefined || fits(names[i]));
  };
}
