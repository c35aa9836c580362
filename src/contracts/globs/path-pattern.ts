import { displayPath, encodePath, encodeSegment, type EncodedPath } from '../encoded-path.ts';
import { ExpectedError, failureTypes } from '../failures.ts';
import { requireBudget } from './glob-budget.ts';
import { compileGlob, namesOf, type Name } from './glob.ts';

/**
 * Brings a path, or a glob, that a caller asks for into the form that is compared. Throws an {@link ExpectedError} that names `field`
 * and what is wrong.
 */
export function normalizePath(path: string, field: string): string {
  // Each run of slashes is tried from its beginning alone: a long one could otherwise take for ever.
  const plain = path.replace(/^(?:\.\/+)+/u, '').replace(/(?<!\/)\/+$/u, '');
  if (plain === '' || plain === '.') {
    throw invalid(field, `"${path}" names nothing in the root; leave ${field} out where everything is meant`);
  }
  if (plain.includes('\0')) throw invalid(field, `"${path}" holds a null character, which no path can`);
  const isClean = plain.split('/').every((segment) => !['', '.', '..'].includes(segment));
  if (!isClean) {
    const fix = 'give it without a leading slash and without . and ..';
    throw invalid(field, `"${path}" is not relative to the root: ${fix}`);
  }
  return plain;
}

/** The encoded paths that a person may mean by a text: the one of that name, or the one that a ledger shows so. */
export function meantBy(text: string): readonly EncodedPath[] {
  return [...new Set([encodePath(Buffer.from(text)), text])];
}

/** Texts that may be read in several ways, each with the one path that it means, since a run has one of exactly that name. */
export type ExactPaths = ReadonlyMap<string, EncodedPath>;

/** Whether a text may mean something else than the path of exactly that name: what a ledger shows so, or what it matches as a glob. */
export function isAmbiguous(text: string): boolean {
  return /[*?[{\\%\ufffd]/u.test(text);
}

/** Throws an {@link ExpectedError} that names `field` when those of the texts that are read as globs are beyond the budget. */
export function requirePathBudget(texts: readonly string[], field: string): void {
  requireBudget(texts.filter(isAmbiguous), field);
}

/** Whether a path is meant by one of some texts: of `exact` ones that path alone; otherwise as it is written, as a ledger encodes it, or as a glob. */
export function pathMatcher(texts: readonly string[], exact: ExactPaths): (path: EncodedPath) => boolean {
  const plain = new Set(texts.flatMap((text) => exact.get(text) ?? meantBy(text)));
  const globs = texts.filter((text) => isAmbiguous(text) && !exact.has(text)).map(compileGlob);
  return (path) => {
    if (plain.has(path)) return true;
    if (globs.length === 0) return false;
    const names = shownNames(path);
    return globs.some((matches) => matches(names));
  };
}

/** The same of one text, for a path that is taken apart once for many of them. */
export function textMatcher(text: string): (path: EncodedPath, names: readonly Name[]) => boolean {
  const meant = meantBy(text);
  const matches = isAmbiguous(text) ? compileGlob(text) : undefined;
  return (path, names) => meant.includes(path) || matches?.(names) === true;
}

/** The names of an encoded path, as people read them. */
export function shownNames(path: EncodedPath): readonly Name[] {
  return namesOf(displayPath(path));
}

/** What every path that {@link pathMatcher} finds begins with, so that all others need not be looked at. */
export function beginningOf(text: string): EncodedPath {
  const [plain = ''] = /^[^*?[{\\%\ufffd]*/u.exec(text) ?? [];
  // At its end a dot or a space may be of a longer name, or one that is encoded.
  const segments = plain.replace(/(?<![. ])[. ]+$/u, '').split('/');
  return segments.map((segment) => (segment === '' ? '' : encodeSegment(Buffer.from(segment)))).join('/');
}

/** An error about one of the paths or globs that a caller gives. */
export function invalid(field: string, what: string): ExpectedError {
  return new ExpectedError(failureTypes.invalidInput, `${field}: ${what}`);
}
