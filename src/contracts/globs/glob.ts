import { requireBudget } from './glob-budget.ts';
import { expandBraces } from './expand-braces.ts';

/** Any number of characters, or of folders. */
export const many = Symbol('many');

/** What a glob says of one name, or that there may be any number of folders. */
export type Segment = typeof many | ((name: Name) => boolean);

/** What a glob says of one character of a name: its code point, {@link anyOne}, or whether one fits; or that there may be any number of them. */
export type Token = number | ((code: number) => boolean) | typeof many;

/** Any one character. */
export const anyOne = -1;

/** One name of a path, as many globs are asked about it. */
export class Name {
  readonly text: string;
  #codes: readonly number[] | undefined;

  constructor(text: string) {
    this.text = text;
  }

  /** The code points of its characters. */
  get codes(): readonly number[] {
    this.#codes ??= Array.from(this.text, codeOf);
    return this.#codes;
  }
}

/** The names of a path, taken apart once for all globs that are asked about it. */
export function namesOf(path: string): readonly Name[] {
  return path.split('/').map((text) => new Name(text));
}

/**
 * Compiles a glob over paths: `*` and `?` stand for characters of one name, `**` for folders, `[a-z]` and `[!a-z]` for one character, `{a,b}` for
 * either, and `\` takes the meaning of the next character away. A match takes at most the length of the glob times that of the path:
 * regular expressions made of globs can take for ever, and globs come from callers. Throws an `ExpectedError` for a glob beyond `globBudget`.
 */
export function compileGlob(glob: string): (names: readonly Name[]) => boolean {
  requireBudget([glob], 'glob');
  const alternatives = expandBraces(glob).map((alternative) => compileSegments(alternative.split('/').map(toSegment)));
  return (names) => alternatives.some((matches) => matches(names));
}

/** Whether names fit segments one by one. */
export function compileSegments(segments: readonly Segment[]): (names: readonly Name[]) => boolean {
  const least = segments.filter((segment) => segment !== many).length;
  const isExact = least === segments.length;
  const last = segments.at(-1);
  return (names) => {
    if (isExact ? names.length !== least : names.length < least) return false;
    // Most paths are told by their last name.
    if (last !== many && last?.(names.at(-1) as Name) !== true) return false;
    return matches(segments, names, (segment, name) => segment(name));
  };
}

/** Compiles what a glob says of one name. Most are texts, beginnings or ends, and a tree has millions of names. */
export function compileName(tokens: readonly Token[]): (name: Name) => boolean {
  const beginning = takeWhile(tokens, isPlain);
  const beginningText = textOf(beginning);
  if (beginning.length === tokens.length) return ({ text }) => text === beginningText;
  const end = takeWhile(tokens.toReversed(), isPlain).toReversed();
  const endText = textOf(end);
  const least = tokens.filter((token) => token !== many).length;
  const isSaid = beginning.length + end.length + 1 === tokens.length && tokens[beginning.length] === many;
  return (name) => {
    const { text } = name;
    if (text.length < least || !text.startsWith(beginningText) || !text.endsWith(endText)) return false;
    return isSaid || matches(tokens, name.codes, fits);
  };
}

/** Whether items fit tokens one by one. Only the last `many` is ever taken up again: an earlier one has nothing to gain. */
function matches<T, I>(
  tokens: readonly (T | typeof many)[],
  items: readonly I[],
  fitting: (token: T, item: I) => boolean,
): boolean {
  let at = 0;
  let again: { at: number; from: number } | undefined;
  for (let i = 0; i < items.length;) {
    const token = tokens[at];
    if (token === many) {
      again = { at: (at += 1), from: i };
      if (at === tokens.length) return true;
    } else if (token !== undefined && fitting(token, items[i] as I)) {
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

function fits(token: Exclude<Token, typeof many>, code: number): boolean {
  return token === code || token === anyOne || (typeof token === 'function' && token(code));
}

/** Whether a token is a character. */
export function isPlain(token: Token): token is number {
  return typeof token === 'number' && token !== anyOne;
}

/** The text of some code points. */
export function textOf(codes: readonly number[]): string {
  return codes.map((code) => String.fromCodePoint(code)).join('');
}

function takeWhile<T, U extends T>(items: readonly T[], isWanted: (item: T) => item is U): readonly U[] {
  const end = items.findIndex((item) => !isWanted(item));
  return (end === -1 ? items : items.slice(0, end)) as readonly U[];
}

function toSegment(segment: string): Segment {
  return segment === '**' ? many : compileName(tokensOf(segment));
}

/** What a glob without slashes says, character by character. */
export function tokensOf(segment: string): Token[] {
  const tokens: Token[] = [];
  // In order: an escape, a class, which may begin with its own closing bracket, and everything else.
  for (const [part] of segment.matchAll(/\\.|\[[!^]?\]?[^\]]*\]|./gsu)) {
    if (part === '?') tokens.push(anyOne);
    else if (part === '*') {
      if (tokens.at(-1) !== many) tokens.push(many);
    } else if (part.length > 2 && part.startsWith('[')) tokens.push(parseClass(part.slice(1, -1)));
    else tokens.push(codeOf(part.length > 1 && part.startsWith('\\') ? part.slice(1) : part));
  }
  return tokens;
}

function parseClass(inner: string): Token {
  const isNegated = /^[!^]/u.test(inner);
  const ranges = Array.from(
    (isNegated ? inner.slice(1) : inner).matchAll(/(.)-(.)|(.)/gsu),
    ([, from, to, one = '']): Range => [codeOf(from ?? one), codeOf(to ?? one)],
  );
  return inRanges(ranges, isNegated);
}

/** Code points from one to another. */
export type Range = readonly [from: number, to: number];

/** One character that lies in some ranges, or in none of them. */
export function inRanges(ranges: readonly Range[], isNegated: boolean): Token {
  return (code) => ranges.some(([from, to]) => from <= code && code <= to) !== isNegated;
}

/** The code point of a character. */
export function codeOf(character: string): number {
  return character.codePointAt(0) ?? 0;
}
