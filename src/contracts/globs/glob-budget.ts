import { sizeOfExpansion } from './expand-braces.ts';
import { ExpectedError, failureTypes } from '../failures.ts';

/**
 * What globs may take, wherever they come from: the body or the query of a request, a command line, the sources file, ignore files. All
 * that one input gives counts together, with its braces written out. What is within it takes a few megabytes, and of a usual path well
 * below a millisecond; it is counted before anything is made of a glob, for a short one can stand for gigabytes.
 */
export const globBudget = {
  /** Characters of one glob. */
  longest: 4096,
  /** Globs without braces that one may stand for. */
  alternatives: 1000,
  /** The same, of all globs of an input. */
  alternativesInAll: 5000,
  /** Characters of all globs of an input, and of all rules with wildcards in the ignore files of a folder and of those that it lies in. */
  charactersInAll: 65_536,
  /** Of the ignore files of a folder and of those that it lies in. */
  ignoreFileBytes: 1024 * 1024,
} as const;

/** What of globs is too much, to end a sentence about them, and which of them if it is one alone; undefined when nothing is. */
export function budgetFault(globs: readonly string[]): { readonly at?: number; readonly message: string } | undefined {
  const { longest, alternatives: most, alternativesInAll, charactersInAll } = globBudget;
  let [alternatives, characters] = [0, 0];
  for (const [at, glob] of globs.entries()) {
    if (glob.length > longest) return { at, message: `has more than ${longest} characters; shorten it` };
    const size = sizeOfExpansion(glob);
    if (size.alternatives > most) {
      return { at, message: `stands for more than ${most} globs; give fewer alternatives in { }` };
    }
    alternatives += size.alternatives;
    characters += size.characters;
    if (alternatives > alternativesInAll) {
      return {
        message: `must not stand for more than ${alternativesInAll} globs in all; give fewer alternatives in { }`,
      };
    }
    if (characters > charactersInAll) {
      return {
        message: `must not stand for more than ${charactersInAll} characters in all, each alternative in { } written out; give fewer globs, or shorter ones`,
      };
    }
  }
  return undefined;
}

/** Throws an {@link ExpectedError} that names `field` when globs are beyond the budget. */
export function requireBudget(globs: readonly string[], field: string): void {
  const fault = budgetFault(globs);
  if (!fault) return;
  const shown = fault.at === undefined ? '' : `${JSON.stringify(shortened(globs[fault.at] ?? ''))} `;
  throw new ExpectedError(failureTypes.invalidInput, `${field}: ${shown}${fault.message}`);
}

const longestShown = 100;

function shortened(glob: string): string {
  return glob.length <= longestShown ? glob : `${glob.slice(0, longestShown)}…`;
}
