import { displayPath, type EncodedPath } from '../../../contracts/encoded-path.ts';
import type { EntryKind } from '../../../contracts/manifest.ts';

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
  const top: Folder = { within: '', names: new Map() };
  let open: Folder[] = [top];

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
interface Folder {
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
