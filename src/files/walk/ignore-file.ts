import { open } from 'node:fs/promises';
import { displayPath, type EncodedPath } from '../../contracts/encoded-path.ts';
import { ExpectedError, failureTypes } from '../../contracts/failures.ts';
import { ignoreFileName, type Why } from '../../contracts/filters.ts';
import { globBudget } from '../../contracts/globs/glob-budget.ts';
import type { Name } from '../../contracts/globs/glob.ts';
import type { AskedPath } from '../../contracts/globs/path-glob.ts';
import { createTurn } from '../../lib/create-turn.ts';
import { readBlock, toRead } from '../open-file.ts';
import { joined } from '../paths.ts';
import type { DirectoryNames } from './directory-names.ts';
import { parseIgnoreRule, type IgnoreRule } from './ignore-rule.ts';
import { ruleAt } from './scope.ts';

/** A path below the folder of an ignore file. */
interface PathBelow {
  /** From there on. */
  readonly path: string;
  readonly names: readonly Name[];
  readonly isDirectory: boolean;
}

/** The rules of one ignore file. */
interface IgnoreFile {
  /** The last of them about a path; undefined when none is. No directory on the way may be left out. */
  readonly ruleFor: (asked: PathBelow) => IgnoreRule | undefined;
  readonly size: IgnoreSize;
}

/** What ignore files take: each of them is asked about every path below it. */
interface IgnoreSize {
  readonly bytes: number;
  /** Of rules with wildcards. All others cost the same, however many they are. */
  readonly characters: number;
}

/**
 * Reads the ignore file of a directory; `above` is what those above it take. Throws an {@link ExpectedError} when it cannot be read, or is too much
 * together with those: without its rules, nothing can be said of what is in the directory.
 */
async function readIgnoreFile(directory: Buffer, above: IgnoreSize): Promise<IgnoreFile> {
  const location = joined(directory, Buffer.from(ignoreFileName));
  return parseIgnoreFile(await readContent(location, globBudget.ignoreFileBytes - above.bytes), above);
}

/** The rules that an ignore file holds. Throws as {@link readIgnoreFile} does, but for its length. */
export async function parseIgnoreFile(content: Buffer, above: IgnoreSize): Promise<IgnoreFile> {
  const file = createFile();
  let { characters } = above;
  const turn = createTurn();
  for (const [i, line] of content.toString().split('\n').entries()) {
    // A byte order mark at the beginning of the file is none of the first rule.
    const rule = parseIgnoreRule(i === 0 ? line.replace(/^\uFEFF/u, '') : line, i + 1);
    if (rule) file.add(rule);
    if (typeof rule?.about === 'function') characters += line.length;
    if (characters > globBudget.charactersInAll) throw unusable(tooManyWildcards(i + 1));
    await turn.giveWay();
  }
  return {
    ruleFor: (asked) => file.ruleFor(asked),
    size: { bytes: content.length, characters: characters - above.characters },
  };
}

function tooManyWildcards(line: number): string {
  return `up to line ${line} its rules with wildcards, and those of such files above it, have more than ${globBudget.charactersInAll} characters: write fewer of them, or names without wildcards`;
}

/** Rules without wildcards by the name or path that they are about, and all others in their order. */
function createFile() {
  const plain = { names: new Map<string, Last>(), paths: new Map<string, Last>() };
  const others: (IgnoreRule & { readonly about: Matcher })[] = [];
  return {
    add(rule: IgnoreRule): void {
      const { about, isName, isOnlyFolders } = rule;
      if (typeof about === 'function') {
        others.push({ ...rule, about });
        return;
      }
      const known = isName ? plain.names : plain.paths;
      known.set(about, { ofFolders: rule, ofAll: isOnlyFolders ? known.get(about)?.ofAll : rule });
    },
    ruleFor({ path, names, isDirectory }: PathBelow): IgnoreRule | undefined {
      const ofName = lastOf(plain.names.get(names.at(-1)?.text ?? ''), isDirectory);
      const ofPath = lastOf(plain.paths.get(path), isDirectory);
      const last = lineOf(ofName) > lineOf(ofPath) ? ofName : ofPath;
      const after = lineOf(last);
      const later = others.findLast(
        ({ line, isOnlyFolders, about }) => line > after && (isDirectory || !isOnlyFolders) && about(names),
      );
      return later ?? last;
    },
  };
}

type Matcher = Exclude<IgnoreRule['about'], string>;

/** The last rules about a name or a path: if it is a folder, and in any case. */
interface Last {
  readonly ofFolders: IgnoreRule;
  readonly ofAll: IgnoreRule | undefined;
}

function lastOf(found: Last | undefined, isDirectory: boolean): IgnoreRule | undefined {
  return isDirectory ? found?.ofFolders : found?.ofAll;
}

function lineOf(rule: IgnoreRule | undefined): number {
  return rule?.line ?? 0;
}

async function readContent(location: Buffer, mostBytes: number): Promise<Buffer> {
  try {
    const file = await open(location, toRead);
    try {
      const found = await file.stat();
      if (!found.isFile()) throw unusable('it is not a regular file: remove or rename it');
      if (found.size > mostBytes) throw unusable(tooLarge(found.size));
      return await readBlock(file, 0, found.size);
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof ExpectedError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return Buffer.alloc(0);
    throw unusable(code === 'ELOOP' ? 'it is a symlink: put a regular file there' : `${code}: make it readable`);
  }
}

function tooLarge(bytes: number): string {
  const most = globBudget.ignoreFileBytes;
  return bytes > most
    ? `it is larger than ${most} bytes: shorten it`
    : `with such files above it, it has more than ${most} bytes: shorten them`;
}

function unusable(why: string): ExpectedError {
  return new ExpectedError(
    failureTypes.rootUnreadable,
    `its ${ignoreFileName} cannot be used, so that it is unknown what to leave out: ${why}`,
  );
}

/** The ignore files of a directory and of those on the way to it, the deepest first. */
export type IgnoreLevels = readonly IgnoreLevel[];

interface IgnoreLevel {
  /** Where the file is. */
  readonly folder: EncodedPath;
  /** How much of a path below it is before what lies there: characters, and names. */
  readonly before: { readonly characters: number; readonly names: number };
  readonly file: IgnoreFile;
  /** Of this file and of those above. */
  readonly size: IgnoreSize;
}

/**
 * What the ignore files say of a path that lies in a directory which is kept: the deepest that has a rule about it decides. What rules say
 * of directories on the way counts no more.
 */
export function ignoredBy(levels: IgnoreLevels, { path, names, isDirectory }: AskedPath): Why | undefined {
  for (const { folder, before, file } of levels) {
    const below = { path: path.slice(before.characters), names: names.slice(before.names), isDirectory };
    const rule = file.ruleFor(below);
    if (rule?.isKeeping === true) return undefined;
    if (rule) return { by: 'ignore-file', rule: rule.text, at: ruleAt(folder, ignoreFileName, String(rule.line)) };
  }
  return undefined;
}

/** The levels with that of a directory, if it has one. Throws when its file cannot be used. */
export async function withOwnLevel(
  levels: IgnoreLevels,
  { folder, location }: { readonly folder: EncodedPath; readonly location: Buffer },
  names: DirectoryNames,
): Promise<IgnoreLevels> {
  if (!(await holds(names, ignoreFileName))) return levels;
  return withLevel(levels, folder, (above) => readIgnoreFile(location, above));
}

/** The levels with that of a directory whose file is read by `read`, which is given what those above it take. */
export async function withLevel(
  levels: IgnoreLevels,
  folder: EncodedPath,
  read: (above: IgnoreSize) => Promise<IgnoreFile>,
): Promise<IgnoreLevels> {
  const above = levels[0]?.size ?? { bytes: 0, characters: 0 };
  const file = await read(above);
  const size = { bytes: above.bytes + file.size.bytes, characters: above.characters + file.size.characters };
  const shown = displayPath(folder);
  const before = shown === '' ? { characters: 0, names: 0 } : { characters: shown.length + 1, names: depthOf(shown) };
  return [{ folder, before, file, size }, ...levels];
}

async function holds(names: DirectoryNames, name: string): Promise<boolean> {
  for await (const [first] of names.from(name)) return first === name || first === `${name}/`;
  return false;
}

function depthOf(path: string): number {
  return path.split('/').length;
}
