import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import ignore from 'ignore';
import { ExpectedError, failureTypes } from '../../shared/failures.ts';
import { ignoreFileName } from '../../shared/filters.ts';
import { readBlock } from '../copy/read-block.ts';

/** The rules of one ignore file. Paths are relative to its directory; those of directories end in a slash. */
export interface IgnoreFile {
  /** What its last rule about a path says; undefined when none is about it. No directory on the way may be left out. */
  readonly verdictOn: (path: string) => Verdict | undefined;
  /** The same rules, where this directory is kept although they leave it out. */
  readonly keeping: (directory: string) => IgnoreFile;
}

type Verdict = 'keep' | { readonly rule: string; readonly line: string };

const mostBytes = 1024 * 1024;
// Each more would multiply what a match may take by the depth of the path.
const mostInnerStars = 1;
// Each more before a class that a slash fits would multiply what a match may take by the length of a name: the library does not hold them there.
const mostStarsAtSlash = 2;
// The library remembers each path that it was asked about.
const mostRemembered = 4096;
const options = { ignoreCase: false, allowRelativePaths: true };

/**
 * Reads the ignore file of a directory. Throws an {@link ExpectedError} when it cannot be read or understood: without its rules, nothing
 * can be said of what is in the directory.
 */
export async function readIgnoreFile(directory: Buffer): Promise<IgnoreFile> {
  const location = Buffer.concat([directory, Buffer.from(`/${ignoreFileName}`)]);
  const rules = ignore(options);
  for (const [i, pattern] of (await readText(location)).split('\n').entries()) {
    const line = String(i + 1);
    // A byte order mark at the beginning of the file is none of the first rule.
    rules.add(checked(i === 0 ? pattern.replace(/^\uFEFF/u, '') : pattern, line));
  }
  return fileOf(rules);
}

function fileOf(rules: ignore.Ignore): IgnoreFile {
  let asked = 0;
  let current = rules;
  return {
    verdictOn(path) {
      asked += 1;
      if (asked % mostRemembered === 0) current = ignore(options).add(rules);
      const { ignored, unignored, rule } = current.test(path);
      if (ignored) return { rule: rule?.pattern.trim() ?? '', line: rule?.mark ?? '' };
      return unignored ? 'keep' : undefined;
    },
    keeping: (directory) =>
      fileOf(
        ignore(options)
          .add(rules)
          .add([`!/${escaped(directory)}`]),
      ),
  };
}

// Compiled at once, so that what cannot be is told with its line.
function checked(pattern: string, line: string): { pattern: string; mark: string }[] {
  const rule = [{ pattern, mark: line }];
  const fault = slowness(pattern);
  if (fault !== undefined) throw unusable(`line ${line} has ${fault}`);
  try {
    ignore(options).add(rule).test('x');
  } catch {
    throw unusable(`line ${line} is no rule: correct it or put # before it`);
  }
  return rule;
}

/** What makes a rule one that could take for ever. */
function slowness(pattern: string): string | undefined {
  if (pattern.startsWith('#')) return undefined;
  if (count(pattern, /\/\*{2,}(?=\/(?!\s*$))/gu) > mostInnerStars) return 'more than one /**/: use fewer';
  if (count(pattern, /\*+/gu) <= mostStarsAtSlash || !hasClassWithSlash(pattern)) return undefined;
  return `more than ${mostStarsAtSlash} times * beside a [ ] that / fits: use fewer, or a range without it such as [0-9]`;
}

function count(pattern: string, part: RegExp): number {
  return pattern.match(part)?.length ?? 0;
}

/** Whether a slash is among the characters of some `[…]`, which is none that excludes some. */
function hasClassWithSlash(pattern: string): boolean {
  // In order: an escape; a class, whose first member may be its own closing bracket; one that never ends, so that nothing after it counts.
  const parts = pattern.matchAll(/\\.|\[([!^]?)((?:\\.|\[:\w*:\]|.)(?:\\.|\[:\w*:\]|[^\]\\])*)\]|\[.*/gsu);
  return Array.from(parts).some(([, negation = '', members = '']) => {
    if (negation !== '') return false;
    const plain = members.replaceAll('\\', '');
    const ranges = Array.from(plain.matchAll(/(?<=(.))-(?=(.))/gsu));
    return plain.includes('/') || ranges.some(([, from = '', to = '']) => from <= '/' && to >= '/');
  });
}

async function readText(location: Buffer): Promise<string> {
  try {
    // A link could lead anywhere, and a fifo would never end.
    const file = await open(location, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const found = await file.stat();
      if (!found.isFile()) throw unusable('it is not a regular file: remove or rename it');
      if (found.size > mostBytes) throw unusable(`it is larger than ${mostBytes} bytes: shorten it`);
      return (await readBlock(file, 0, found.size)).toString();
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof ExpectedError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return '';
    throw unusable(code === 'ELOOP' ? 'it is a symlink: put a regular file there' : `${code}: make it readable`);
  }
}

function unusable(why: string): ExpectedError {
  return new ExpectedError(
    failureTypes.rootUnreadable,
    `its ${ignoreFileName} cannot be used, so that it is unknown what to leave out: ${why}`,
  );
}

// As a rule that means this path alone.
function escaped(path: string): string {
  return path.replace(/[\\*?[]/gu, String.raw`\$&`);
}
