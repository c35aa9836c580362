import { delimiter } from 'node:path';
import which from 'which';

/**
 * The full path of the program `name` in the directories of `searchPath` (the form of the `PATH` variable), or where it has a slash
 * that path itself; undefined where there is no such file that this user may execute. On Windows only `.exe` files count, for scripts
 * need a shell to start them.
 */
export async function findOnPath(name: string, searchPath = ''): Promise<string | undefined> {
  // An empty entry would mean the working directory, whatever is in there.
  const path = searchPath.split(delimiter).filter(Boolean).join(delimiter);
  if (path === '' && !/[/\\]/u.test(name)) return undefined;
  return (await which(name, { path, pathExt: '.EXE', nothrow: true })) ?? undefined;
}

/** What a program's file is called on this platform. */
export function executableName(name: string): string {
  return process.platform === 'win32' ? `${name}.exe` : name;
}
