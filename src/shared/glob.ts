import { expandBraces } from './expand-braces.ts';

/** Any number of characters, or of folders. */
const many = Symbol('many');

/** Whether one character fits. */
type Single = (character: string) => boolean;

/**
 * Compiles a glob over paths: `*` and `?` stand for characters of one name, `**` for folders, `[a-z]` and `[!a-z]` for one character, `{a,b}` for
 * either, and `\` takes the meaning of the next character away. A match takes at most the length of the glob times that of the path:
 * regular expressions made of globs can take for ever, and globs come from callers. Throws an `ExpectedError` for too many `{…}`.
 */
export function compileGlob(glob: string): (path: string) => boolean {
  const alternatives = expandBraces(glob).map((alternative) =>
    alternative.split('/').map((segment) => (segment === '**' ? many : parseSegment(segment))),
  );
  return (path) => {
    const names = path.split('/').map((name) => Array.from(name));
    return alternatives.some((segments) =>
      matches(segments, names, (segment, name) => matches(segment, name, (single, character) => single(character))),
    );
  };
}

/** Whether items fit tokens one by one. Only the last `many` is ever taken up again: an earlier one has nothing to gain. */
function matches<T, I>(
  tokens: readonly (T | typeof many)[],
  items: readonly I[],
  fits: (token: T, item: I) => boolean,
): boolean {
  let at = 0;
  let again: { at: number; from: number } | undefined;
  for (let i = 0; i < items.length;) {
    const token = tokens[at];
    if (token === many) {
      again = { at: (at += 1), from: i };
    } else if (token !== undefined && fits(token, items[i] as I)) {
      at += 1;
      i += 1;
    } else {
      if (!again) return false;
      again.from += 1;
      i = again.from;
      at = again.at;
    }
  }
  return tokens.slice(at).every((token) => token === many);
}

function parseSegment(segment: string): (Single | typeof many)[] {
  const tokens: (Single | typeof many)[] = [];
  // In order: an escape, a class, which may begin with its own closing bracket, and everything else.
  for (const [part] of segment.matchAll(/\\.|\[[!^]?\]?[^\]]*\]|./gsu)) {
    if (part === '*') tokens.push(many);
    else if (part === '?') tokens.push(() => true);
    else if (part.length > 2 && part.startsWith('[')) tokens.push(parseClass(part.slice(1, -1)));
    else tokens.push(equals(part.length > 1 && part.startsWith('\\') ? part.slice(1) : part));
  }
  return tokens;
}

function parseClass(inner: string): Single {
  const isNegated = /^[!^]/u.test(inner);
  const ranges = Array.from(
    (isNegated ? inner.slice(1) : inner).matchAll(/(.)-(.)|(.)/gsu),
    ([, from, to, one = '']) => ({
      from: from ?? one,
      to: to ?? one,
    }),
  );
  return (character) =>
    ranges.some(({ from, to }) => codeOf(from) <= codeOf(character) && codeOf(character) <= codeOf(to)) !== isNegated;
}

function equals(expected: string): Single {
  return (character) => character === expected;
}

function codeOf(character: string): number {
  return character.codePointAt(0) ?? 0;
}
