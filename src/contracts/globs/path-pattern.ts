import { displayPath, encodePath, encodeSegment, type EncodedPath } from '../encoded-path.ts';
import { ExpectedError, failureTypes } from '../failures.ts';
import { requireBudget } from './glob-budget.ts';
import { askedPath, compilePathGlob } from './path-glob.ts';

/**
 * Brings a path that a caller asks for into the form that is compared. Throws an {@link ExpectedError} that names `field` and what is
 * wrong.
 */
export function normalizePath(path: string, field: string): string {
  // Each run of slashes is tried from its beginning alone: a long one could otherwise take for ever.
  const plain = path.replace(/^(?:\.\/+)+/u, '').replace(/(?<!\/)\/+$/u, '');
  return requireRelative(plain, path, field);
}

/** The same of a path or a glob, which keeps a slash at its beginning or its end: `./a` is `/a`. */
export function normalizePattern(text: string, field: string): string {
  const anchored = text.replace(/^(?:\.\/+)+/u, '/');
  const plain = requireRelative(anchored.replace(/^\//u, '').replace(/(?<!\/)\/+$/u, ''), text, field);
  return `${anchored.startsWith('/') ? '/' : ''}${plain}${anchored.endsWith('/') ? '/' : ''}`;
}

function requireRelative(plain: string, path: string, field: string): string {
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

/** The keys of entries, as `entryKey` makes them, that have exactly the path which a text is. */
export function keysOf(text: string): readonly string[] {
  const { plain, end } = partsOf(text);
  return meantBy(plain).flatMap((path) => (end === '' ? [path, `${path}/`] : [`${path}/`]));
}

/** Texts that may be read in several ways, each with the one path that it means, since a run has one of exactly that name. */
export type ExactPaths = ReadonlyMap<string, EncodedPath>;

/** Whether a text has characters by which it may mean other names than its own: those of globs, and of what a ledger shows. */
export function isGlob(text: string): boolean {
  return /[*?[{\\%\ufffd]/u.test(text);
}

/** Whether a text may mean something else than the path of exactly that name. */
export function isAmbiguous(text: string): boolean {
  return isGlob(text) || !partsOf(text).isAnchored;
}

/** Throws an {@link ExpectedError} that names `field` when those of the texts that are read as globs are beyond the budget. */
export function requirePathBudget(texts: readonly string[], field: string): void {
  requireBudget(texts.filter(isGlob), field);
}

/** Whether a path is meant by some texts. */
export type PathMatcher = (path: EncodedPath, isDirectory: boolean) => boolean;

/**
 * What some texts mean: of `exact` ones that path alone; otherwise what is named as it is written, or as a ledger encodes it, and what it
 * matches as a glob, all by the rule of {@link compilePathGlob}.
 */
export function pathMatcher(texts: readonly string[], exact: ExactPaths = new Map()): PathMatcher {
  const paths = new Set<string>();
  const names = new Set<string>();
  for (const text of texts) {
    const alone = exact.get(text);
    const { plain, isAnchored, end } = partsOf(text);
    if (alone !== undefined) paths.add(alone);
    else for (const meant of meantBy(plain)) (isAnchored ? paths : names).add(`${meant}${end}`);
  }
  const globs = texts.filter((text) => isGlob(text) && !exact.has(text)).map(compilePathGlob);
  return (path, isDirectory) => {
    const isIn = (set: ReadonlySet<string>, key: string) => set.has(key) || (isDirectory && set.has(`${key}/`));
    if (isIn(paths, path) || isIn(names, path.slice(path.lastIndexOf('/') + 1))) return true;
    if (globs.length === 0) return false;
    const asked = askedPath(displayPath(path), isDirectory);
    return globs.some(({ matches }) => matches(asked));
  };
}

/** What every path that {@link pathMatcher} finds begins with, so that all others need not be looked at. */
export function beginningOf(text: string): EncodedPath {
  const { plain, isAnchored } = partsOf(text);
  if (!isAnchored) return '';
  const [lead = ''] = /^[^*?[{\\%\ufffd]*/u.exec(plain) ?? [];
  // At its end a dot or a space may be of a longer name, or one that is encoded.
  const segments = lead.replace(/(?<![. ])[. ]+$/u, '').split('/');
  return segments.map((segment) => (segment === '' ? '' : encodeSegment(Buffer.from(segment)))).join('/');
}

// As `compilePathGlob` reads it.
function partsOf(text: string) {
  const plain = text.replace(/^\//u, '').replace(/\/$/u, '');
  return { plain, isAnchored: text.startsWith('/') || plain.includes('/'), end: text.endsWith('/') ? '/' : '' };
}

/** An error about one of the paths or globs that a caller gives. */
export function invalid(field: string, what: string): ExpectedError {
  return new ExpectedError(failureTypes.invalidInput, `${field}: ${what}`);
}
