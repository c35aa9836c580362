import { createHash } from 'node:crypto';
import { win32 } from 'node:path';
import { encodePath, type EncodedPath } from './encoded-path.ts';
import { systemFolder } from './blob-prefix.ts';

// https://learn.microsoft.com/rest/api/storageservices/naming-and-referencing-containers--blobs--and-metadata
const maxNameLength = 1024;

const maxSegments = 254;

const keptOfLongName = 900;

const keptSegments = 200;

const shortenedEnd = /~(?=[0-9a-f]{32}$)/u;

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

function withinLimits(name: string): string {
  // A file whose own name ends as shortened ones do could take another's blob; its `~` is escaped, which no other name's is.
  const plain = name.replace(shortenedEnd, '%7E');
  const segments = name.split('/');
  if (plain.length <= maxNameLength && segments.length <= maxSegments) return plain;
  const hash = createHash('sha256').update(name).digest('hex').slice(0, 32);
  const kept = segments.slice(0, keptSegments).join('/').slice(0, keptOfLongName);
  return `${kept.replace(/(?:%[0-9A-F]?|[\ud800-\udbff]|[/. ])+$/u, '')}~${hash}`;
}
