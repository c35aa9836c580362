import { isAbsolute, relative, sep } from 'node:path';
import { decodePath, type EncodedPath } from '../contracts/encoded-path.ts';

const slash = Buffer.from('/');
const separator = sep.charCodeAt(0);

/** Whether `path` is `root` or below it; both absolute and real. */
export function isInside(path: string, root: string): boolean {
  const way = relative(root, path);
  return way === '' || (way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way));
}

/** Whether a real path is `folder` or lies in it. */
export function isWithin(path: Buffer, folder: Buffer): boolean {
  const end = folder.at(-1) === separator ? folder.length - 1 : folder.length;
  if (path.compare(folder, 0, end, 0, Math.min(end, path.length)) !== 0) return false;
  return path.length === end || path[end] === separator;
}

/** A name in a directory, by the directory's path. */
export function joined(directory: Buffer, name: Buffer): Buffer {
  return Buffer.concat(directory.at(-1) === 0x2f ? [directory, name] : [directory, slash, name]);
}

/** Where a path of a run is below a root. */
export function locationOf(root: string, path: EncodedPath): Buffer {
  return joined(Buffer.from(root), decodePath(path));
}

/** The folder that a path is in; empty at the top. */
export function parentOf(path: EncodedPath): EncodedPath {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

/** The name of a path in its folder, as the system knows it. */
export function lastNameOf(path: EncodedPath): Buffer {
  return decodePath(path.slice(path.lastIndexOf('/') + 1));
}
