import { encodeRoot } from '../../contracts/blob-name.ts';
import { systemFolder } from '../../contracts/blob-prefix.ts';
import type { StoredFile } from '../../contracts/manifest.ts';
import type { EncodedPath } from '../../contracts/encoded-path.ts';

const windowsRoot = /^(?:[A-Za-z]:|\\\\)/u;
const shortened = /(?:~|%7E)[0-9a-f]{32}$/u;
const ownName = `%2E${systemFolder.slice(1)}`;

/** What the blobs of a run's files begin with: all but those whose names were rewritten have the path right after it. */
export function blobFolder({ prefix, root }: { readonly prefix: string; readonly root: string }): string {
  const encoded = encodeRoot(root, windowsRoot.test(root) ? 'win32' : 'linux');
  return encoded === '' ? prefix : `${prefix}${encoded}/`;
}

/** Whether the blob's name is the file's path below `folder`: such names are in the order of a manifest. */
export function isPlain({ blob, path }: StoredFile & { readonly path: EncodedPath }, folder: string): boolean {
  return blob === folder + path;
}

/** Whether a blob may be of a file whose path it does not tell: shortened, or escaped because it looked like another kind of name. */
export function mayBeRewritten(name: string, prefix: string): boolean {
  return shortened.test(name) || name.startsWith(ownName, prefix.length);
}
