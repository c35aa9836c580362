import { createHash } from 'node:crypto';
import { win32 } from 'node:path';
import { systemFolder } from '../../contracts/blob-prefix.ts';
import type { StoredFile } from '../../contracts/manifest.ts';
import { type EncodedPath, encodePath } from '../../contracts/encoded-path.ts';

// https://learn.microsoft.com/rest/api/storageservices/naming-and-referencing-containers--blobs--and-metadata
const maxNameLength = 1024;
const maxSegments = 254;
const keptOfLongName = 900;
const keptSegments = 200;
const shortenedEnd = /~(?=[0-9a-f]{32}$)/u;

const windowsRoot = /^(?:[A-Za-z]:|\\\\)/u;
const shortened = /(?:~|%7E)[0-9a-f]{32}$/u;
const ownName = `%2E${systemFolder.slice(1)}`;

/**
 * The blob of a file: the root and the path below it, without drive or leading slash and with `/` throughout, as the original
 * sample names them (`/srv/site/a.txt` is `srv/site/a.txt`, `D:\home\x` is `home/x`). Distinct files get distinct names.
 * A name beyond Azure's limits is cut and ends in `~` and 128 bits of its SHA-256; the manifest keeps the true path.
 */
export function blobName(prefix: string, root: EncodedPath, path: EncodedPath): string {
  const full = root === '' ? path : `${root}/${path}`;
  const own = full === systemFolder || full.startsWith(`${systemFolder}/`);
  return withinLimits(prefix + (own ? `%2E${full.slice(1)}` : full));
}

/** A root directory as the first part of blob names: absolute, encoded, without drive, share or leading slash. */
export function encodeRoot(root: string, platform: NodeJS.Platform): EncodedPath {
  const plain = platform === 'win32' ? root.slice(win32.parse(root).root.length).replaceAll('\\', '/') : root;
  const trimmed = plain.split('/').filter((segment) => segment !== '');
  return trimmed.length === 0 ? '' : encodePath(Buffer.from(trimmed.join('/')));
}

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

function withinLimits(name: string): string {
  // A file whose own name ends as shortened ones do could take another's blob; its `~` is escaped, which no other name's is.
  const plain = name.replace(shortenedEnd, '%7E');
  const segments = name.split('/');
  if (plain.length <= maxNameLength && segments.length <= maxSegments) return plain;
  const hash = createHash('sha256').update(name).digest('hex').slice(0, 32);
  const kept = segments.slice(0, keptSegments).join('/').slice(0, keptOfLongName);
  return `${kept.replace(/(?:%[0-9A-F]?|[\ud800-\udbff]|[/. ])+$/u, '')}~${hash}`;
}
