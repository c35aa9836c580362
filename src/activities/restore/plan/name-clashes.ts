import { lstat, unlink, writeFile } from 'node:fs/promises';
import { displayPath, type EncodedPath } from '../../../contracts/encoded-path.ts';
import type { EntryKind } from '../../../contracts/manifest.ts';
import type { OpenableTarget } from '../target/closed-folders.ts';
import type { Folder } from '../target/folder.ts';
import { makeTemporary, newFile, temporaryPrefix } from '../target/temporaries.ts';

/** Which names a file system takes for one. */
export interface Folding {
  /** `A` and `a`. */
  readonly case: boolean;
  /** `é` as one character and as two. */
  readonly unicode: boolean;
}

export const noFolding: Folding = { case: false, unicode: false };

export function foldsNames(folding: Folding): boolean {
  return folding.case || folding.unicode;
}

/**
 * Finds paths that a target cannot tell apart. The returned function takes all entries of a run in their order; of those that clash,
 * the first one is let through, and each later one, and all that is in it, is answered with the path that it clashes with.
 */
export function createClashFinder(
  folding: Folding,
): (entry: { readonly path: EncodedPath; readonly kind: EntryKind }) => EncodedPath | undefined {
  if (!foldsNames(folding)) return () => undefined;
  const top: SeenFolder = { within: '', names: new Map() };
  let open: SeenFolder[] = [top];

  return ({ path, kind }) => {
    open = open.filter(({ within }) => path.startsWith(within));
    const folder = open.at(-1) ?? top;
    const name = fold(path.slice(folder.within.length), folding);
    const other = folder.clash ?? folder.names.get(name);
    if (other === undefined) folder.names.set(name, path);
    if (kind === 'directory')
      open.push({ within: `${path}/`, names: new Map(), ...(other !== undefined && { clash: other }) });
    return other;
  };
}

/** A folder whose entries are being seen. */
interface SeenFolder {
  /** How the paths of its entries begin. */
  readonly within: string;
  /** Paths by their folded names. */
  readonly names: Map<string, EncodedPath>;
  readonly clash?: EncodedPath;
}

function fold(name: EncodedPath, folding: Folding): string {
  const shown = displayPath(name);
  // What is no text has no upper case, and must not clash because it is shown alike.
  const text = shown.includes('\ufffd') ? name : shown;
  const composed = folding.unicode ? text.normalize('NFD') : text;
  // Both ways: some characters have several lower-case forms, and ẞ is no upper case of ß.
  return folding.case ? composed.toLowerCase().toUpperCase() : composed;
}

/** Finds out, by a file that is gone again afterwards, which names the file system of a target takes for one. */
export function probeFolding({ folders, withOpenDirectories }: OpenableTarget, id: string): Promise<Folding> {
  return withOpenDirectories(temporaryPrefix, () => folders.within('', (folder) => probeIn(folder, id)));
}

async function probeIn(folder: Folder, id: string): Promise<Folding> {
  // The same for every attempt, so that the next one removes what an attempt that was killed has left.
  const at = (end: string) => folder.at(Buffer.from(`${temporaryPrefix}${id}-${end}`));
  const probe = at('a\u00e9');
  await makeTemporary(probe, () => writeFile(probe, '', { flag: newFile }));
  try {
    return { case: await exists(at('A\u00e9')), unicode: await exists(at('ae\u0301')) };
  } finally {
    await unlink(probe).catch(() => undefined);
  }
}

async function exists(location: Buffer): Promise<boolean> {
  try {
    await lstat(location);
    return true;
  } catch {
    return false;
  }
}
