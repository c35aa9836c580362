import { displayPath, type EncodedPath } from '../../shared/encoded-path.ts';
import { ignoreFileName } from '../../shared/filters.ts';
import type { DirectoryNames } from './directory-names.ts';
import { readIgnoreFile, type IgnoreFile } from './ignore-file.ts';
import type { Why } from '../../shared/preview.ts';
import { placeOf } from './left-out.ts';

/** The ignore files of a directory and of those on the way to it, the deepest first. */
export type IgnoreLevels = readonly IgnoreLevel[];

interface IgnoreLevel {
  /** Where the file is. */
  readonly folder: EncodedPath;
  readonly file: IgnoreFile;
}

/** What the ignore files say of a path: the deepest that has a rule about it decides. */
export function ignoredBy(levels: IgnoreLevels, path: string, isDirectory: boolean): Why | undefined {
  for (const { folder, file } of levels) {
    const verdict = file.verdictOn(below(folder, path, isDirectory));
    if (verdict === 'keep') return undefined;
    if (verdict) return { by: 'ignore-file', rule: verdict.rule, at: placeOf(folder, ignoreFileName, verdict.line) };
  }
  return undefined;
}

/** The levels within a directory that is kept, without those of a file of its own. */
export function levelsWithin(levels: IgnoreLevels, path: string): IgnoreLevels {
  const keeper = levels.findIndex(({ folder, file }) => file.verdictOn(below(folder, path, true)) === 'keep');
  if (keeper === -1) return levels;
  // Files above would leave out all that is in a directory which they leave out themselves.
  return levels.map((level, i) => {
    const asked = below(level.folder, path, true);
    const isOverruled = i > keeper && typeof level.file.verdictOn(asked) === 'object';
    return isOverruled ? { ...level, file: level.file.keeping(asked) } : level;
  });
}

/** The levels with that of a directory, if it has one. Throws when its file cannot be used. */
export async function withOwnLevel(
  levels: IgnoreLevels,
  at: { readonly folder: EncodedPath; readonly location: Buffer },
  names: DirectoryNames,
): Promise<IgnoreLevels> {
  if (!(await holds(names, ignoreFileName))) return levels;
  return [{ folder: at.folder, file: await readIgnoreFile(at.location) }, ...levels];
}

async function holds(names: DirectoryNames, name: string): Promise<boolean> {
  for await (const [first] of names.from(name)) return first === name || first === `${name}/`;
  return false;
}

function below(folder: EncodedPath, path: string, isDirectory: boolean): string {
  const relative = folder === '' ? path : path.slice(displayPath(folder).length + 1);
  return isDirectory ? `${relative}/` : relative;
}
