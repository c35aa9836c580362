import { sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Config } from '../config.ts';

/**
 * What no restore may write to: the program's code, with that of the packages that it uses, and the data of the embedded servers where
 * they are what is used. Absolute.
 */
export function ownFolders({ embedded, temporal, storage }: Config): string[] {
  const usesEmbedded = !temporal.named || storage === undefined;
  return [codeFolder(fileURLToPath(new URL('../..', import.meta.url))), ...(usesEmbedded ? [embedded.dataDir] : [])];
}

/** The folder of packages that the package lies in, where it was installed into one. */
function codeFolder(packageFolder: string): string {
  const modules = `${sep}node_modules${sep}`;
  const at = packageFolder.lastIndexOf(modules);
  return at === -1 ? packageFolder : packageFolder.slice(0, at + modules.length);
}
