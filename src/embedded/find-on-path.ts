import { access, constants, stat } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

/**
 * The full path of an executable file called `name` in the directories of `searchPath` (the form of the `PATH` variable),
 * or undefined. On Windows only `.exe` files count, for scripts need a shell to start them.
 */
export async function findOnPath(name: string, searchPath: string): Promise<string | undefined> {
  for (const directory of searchPath.split(delimiter)) {
    if (directory === '') continue;
    const candidate = join(directory, executableName(name));
    if (await isExecutable(candidate)) return candidate;
  }
  return undefined;
}

/** What a program's file is called on this platform. */
export function executableName(name: string): string {
  return process.platform === 'win32' ? `${name}.exe` : name;
}

/** Whether `path` is a file that this user may execute. */
export async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}
