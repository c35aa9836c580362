import { access, constants, stat } from 'node:fs/promises';
import { delimiter, join, resolve } from 'node:path';
import { rootAround } from '../../files/confine.ts';
import type { NotifyDependencies } from './target.ts';

/**
 * Why a command may not be run: its program, or a file among its arguments, lies where a restore may write, so that whoever may start
 * restores could choose what runs. Undefined when nothing of it does. What a program runs by itself is for its owner to see to.
 */
export async function withinRoots(
  command: readonly string[],
  { roots, searchPath }: Pick<NotifyDependencies, 'roots' | 'searchPath'>,
): Promise<string | undefined> {
  const [program = '', ...args] = command;
  const files = [...(await placesOf(program, searchPath)), ...(await existingFiles(args))];
  for (const file of files) {
    const root = await rootAround(file, roots);
    if (root === undefined) continue;
    return `the command ${program} uses ${file}, which lies in ${root} of BACKUP_ROOTS, where a restore could replace it and so run any program: move it out of there, or name narrower BACKUP_ROOTS`;
  }
  return undefined;
}

/** Where a program is, and where it would be looked for before. */
async function placesOf(program: string, searchPath: string): Promise<string[]> {
  if (/[/\\]/u.test(program)) return [resolve(program)];
  const places: string[] = [];
  for (const folder of searchPath.split(delimiter)) {
    const place = join(resolve(folder), program);
    places.push(place);
    if (await isExecutable(place)) break;
  }
  return places;
}

async function existingFiles(args: readonly string[]): Promise<string[]> {
  const found = args.map(async (arg) => {
    // What is no path at all is no file.
    const isFile = await stat(resolve(arg)).then(
      (stats) => stats.isFile(),
      () => false,
    );
    return isFile ? [resolve(arg)] : [];
  });
  return (await Promise.all(found)).flat();
}

function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
