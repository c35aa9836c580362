import {
  anyOne,
  codeOf,
  compileName,
  compileSegments,
  inRanges,
  isPlain,
  many,
  textOf,
  type Name,
  type Range,
  type Segment,
  type Token,
} from '../../contracts/globs/glob.ts';

/** One rule of an ignore file, as git reads it: https://git-scm.com/docs/gitignore */
export interface IgnoreRule {
  /** As it is written, for people. */
  readonly text: string;
  /** Of its file, from 1. */
  readonly line: number;
  /** Whether it takes back what rules before it leave out. */
  readonly isKeeping: boolean;
  readonly isOnlyFolders: boolean;
  /** Whether it is about names at any depth, and not about paths from its file on. */
  readonly isName: boolean;
  /** The one name or path that it is about, or with wildcards, whether it is about one, taken apart. */
  readonly about: string | ((names: readonly Name[]) => boolean);
}

/** The rule on a line; undefined where there is none, or one that is about nothing. */
export function parseIgnoreRule(written: string, line: number): IgnoreRule | undefined {
  if (written.startsWith('#')) return undefined;
  const text = withoutSpaces(written);
  const isKeeping = text.startsWith('!');
  const given = isKeeping ? text.slice(1) : text;
  const isOnlyFolders = given.endsWith('/');
  const body = isOnlyFolders ? given.slice(0, -1) : given;
  const isName = !body.includes('/');
  const about = body === '' ? undefined : aboutOf(body.replace(/^\//u, ''), isName);
  return about === undefined ? undefined : { text: text.trim(), line, isKeeping, isOnlyFolders, isName, about };
}

function aboutOf(body: string, isName: boolean): IgnoreRule['about'] | undefined {
  if (!/[*?[\\]/u.test(body)) return body;
  const segments = readSegments(body);
  if (!segments) return undefined;
  const texts = segments.flatMap(({ tokens }) => (tokens.every(isPlain) ? textOf(tokens) : []));
  if (texts.length === segments.length) return texts.join('/');
  return isName ? nameMatcher(segments) : compileSegments(segmentsOf(segments));
}

/** Without the line's end and spaces before it, but for one after a backslash. */
function withoutSpaces(line: string): string {
  const whole = line.endsWith('\r') ? line.slice(0, -1) : line;
  let end = whole.length;
  while (whole[end - 1] === ' ') end -= 1;
  let backslashes = 0;
  while (whole[end - 1 - backslashes] === '\\') backslashes += 1;
  return whole.slice(0, end + (backslashes % 2));
}

/** What is between two slashes. */
interface Written {
  readonly tokens: Token[];
  /** How many `*` it is made of, and of nothing else. */
  stars: number;
}

function nameMatcher([only]: readonly Written[]) {
  const matches = compileName(only?.tokens ?? []);
  return (names: readonly Name[]) => matches(names.at(-1) as Name);
}

function segmentsOf(written: readonly Written[]): Segment[] {
  const segments = written.map(({ tokens, stars }): Segment => (stars > 1 ? many : compileName(tokens)));
  // At its end it stands for what is in the folder, and not for none.
  return segments.at(-1) === many ? [...segments, () => true] : segments;
}

/** Character by character; undefined for what git takes for a rule about nothing. A slash in `[…]` separates no names, and fits none. */
function readSegments(body: string): Written[] | undefined {
  const segments: Written[] = [{ tokens: [], stars: 0 }];
  const characters = Array.from(body);
  for (let at = 0; at < characters.length; at += 1) {
    const segment = segments.at(-1) as Written;
    const character = characters[at] as string;
    if (character === '/') segments.push({ tokens: [], stars: 0 });
    else if (character === '*') addStar(segment);
    else {
      const read = readOne(characters, at);
      if (!read) return undefined;
      segment.tokens.push(read.token);
      segment.stars = 0;
      at = read.end;
    }
  }
  return segments;
}

function addStar(segment: Written): void {
  if (segment.tokens.at(-1) !== many) segment.tokens.push(many);
  segment.stars = segment.tokens.length === 1 ? segment.stars + 1 : 0;
}

interface Read {
  readonly token: Token;
  /** Where its last character is. */
  readonly end: number;
}

function readOne(characters: readonly string[], at: number): Read | undefined {
  const character = characters[at] as string;
  if (character === '?') return { token: anyOne, end: at };
  if (character === '[') return readClass(characters, at);
  if (character !== '\\') return { token: codeOf(character), end: at };
  const escaped = characters[at + 1];
  return escaped === undefined ? undefined : { token: codeOf(escaped), end: at + 1 };
}

/** A `[…]` as git's wildmatch.c reads it: its first member may be its own closing bracket, and `[:alpha:]` are letters. */
function readClass(characters: readonly string[], start: number): Read | undefined {
  const isNegated = characters[start + 1] === '!' || characters[start + 1] === '^';
  const ranges: Range[] = [];
  const first = start + (isNegated ? 2 : 1);
  // The member that a range could begin with.
  let from: number | undefined;
  for (let at = first; at < characters.length; at += 1) {
    if (characters[at] === ']' && at > first) return { token: inRanges(ranges, isNegated), end: at };
    const named = readNamed(characters, at);
    const member = named === undefined ? readMember(characters, at, from) : named;
    if (!member) return undefined;
    ranges.push(...member.ranges);
    ({ end: at, from } = member);
  }
  return undefined;
}

interface Members {
  readonly ranges: readonly Range[];
  /** Where the last of their characters is. */
  readonly end: number;
  /** The one that a range could begin with. */
  readonly from: number | undefined;
}

/** One member of a class, or the range from the one before it. */
function readMember(characters: readonly string[], start: number, from: number | undefined): Members | undefined {
  const isRange = from !== undefined && characters[start] === '-' && (characters[start + 1] ?? ']') !== ']';
  const at = isRange ? start + 1 : start;
  const end = characters[at] === '\\' ? at + 1 : at;
  const character = characters[end];
  if (character === undefined) return undefined;
  const code = codeOf(character);
  return isRange ? { ranges: [[from, code]], end, from: undefined } : { ranges: [[code, code]], end, from: code };
}

/** `[:name:]` within a class; undefined where there is none, so that its `[` is a member like any, and null for what fits nothing. */
function readNamed(characters: readonly string[], start: number): Members | null | undefined {
  if (characters[start] !== '[' || characters[start + 1] !== ':') return undefined;
  const end = characters.indexOf(']', start + 2);
  if (end === -1) return null;
  if (end === start + 2 || characters[end - 1] !== ':') return undefined;
  const ranges = namedClasses.get(characters.slice(start + 2, end - 1).join(''));
  return ranges ? { ranges, end, from: undefined } : null;
}

/** The classes of git, which knows ASCII alone. */
const namedClasses: ReadonlyMap<string, readonly Range[]> = new Map(
  Object.entries({
    alnum: ['09', 'AZ', 'az'],
    alpha: ['AZ', 'az'],
    blank: ['  ', '\t\t'],
    cntrl: ['\u0000\u001f', '\u007f\u007f'],
    digit: ['09'],
    graph: ['!~'],
    lower: ['az'],
    print: [' ~'],
    punct: ['!/', ':@', '[`', '{~'],
    space: ['  ', '\t\n', '\r\r'],
    upper: ['AZ'],
    xdigit: ['09', 'AF', 'af'],
  }).map(([name, ranges]) => [name, ranges.map((range): Range => [range.charCodeAt(0), range.charCodeAt(1)])]),
);
