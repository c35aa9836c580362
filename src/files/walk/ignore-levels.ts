import { displayPath, type EncodedPath } from '../../contracts/encoded-path.ts';
import { ignoreFileName } from '../../contracts/filters.ts';
import type { AskedPath } from '../../contracts/globs/path-glob.ts';
import type { DirectoryNames } from './directory-names.ts';
import { readIgnoreFile, type IgnoreFile, type IgnoreSize } from './ignore-file.ts';
import type { Why } from '../../contracts/preview.ts';
import { placeOf } from './left-out.ts';

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
    if (rule) return { by: 'ignore-file', rule: rule.text, at: placeOf(folder, ignoreFileName, String(rule.line)) };
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
