import { displayPath, type EncodedPath } from '../../contracts/encoded-path.ts';
import type { Why } from '../../contracts/preview.ts';

/** Something that a listing leaves out, with all that is in it, and why. */
export interface LeftOut {
  readonly path: EncodedPath;
  readonly isDirectory: boolean;
  /** Whether the directory itself is backed up, and only what is in it is left out. */
  readonly isContent: boolean;
  readonly why: Why;
}

/** Where a rule stands, for people. */
export function placeOf(folder: EncodedPath, name: string, line?: string): string {
  const file = folder === '' ? name : `${displayPath(folder)}/${name}`;
  return line === undefined ? file : `${file}:${line}`;
}
