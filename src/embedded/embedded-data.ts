import { access, realpath } from 'node:fs/promises';
import { join } from 'node:path';

/** Where, in the directory of their data, the state of the embedded servers is. */
export function stackDirectory(dataDir: string): string {
  return join(dataDir, 'stack');
}

/** The real path of `dataDir` where embedded servers have been started for it; undefined where none ever was. */
export async function findEmbeddedData(dataDir: string): Promise<string | undefined> {
  try {
    await access(stackDirectory(dataDir));
    return await realpath(dataDir);
  } catch {
    return undefined;
  }
}
