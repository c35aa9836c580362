import { displayPath, type EncodedPath } from '../../shared/encoded-path.ts';

/** Something that a listing leaves out, with all that is in it, and why. */
export interface LeftOut {
  readonly path: EncodedPath;
  readonly isDirectory: boolean;
  /** Whether the directory itself is backed up, and only what is in it is left out. */
  readonly isContent: boolean;
  readonly why: Why;
}

/** A rule that leaves things out: what kind it is of, what it says, and where it stands, if in a file. */
export interface Why {
  readonly by: 'include' | 'exclude' | 'ignore-file' | 'if-present' | 'cache' | 'larger-than' | 'file-system';
  /** A glob, a line, a name or a size. */
  readonly rule?: string;
  /** The file and the line of it, or the file that marks a directory; relative to the root. */
  readonly at?: string;
}

/** Where a rule stands, for people. */
export function placeOf(folder: EncodedPath, name: string, line?: string): string {
  const file = folder === '' ? name : `${displayPath(folder)}/${name}`;
  return line === undefined ? file : `${file}:${line}`;
}
