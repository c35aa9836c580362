import { displayPath, type EncodedPath } from '../../contracts/encoded-path.ts';
import type { PageEntry } from '../../contracts/manifest.ts';
import type { Why } from '../../contracts/filters.ts';
import type { DirectoryNames } from './directory-names.ts';

/** What a directory holds under a name. */
export interface Child {
  readonly location: Buffer;
  readonly path: EncodedPath;
  /** Its key in the whole listing. */
  readonly key: string;
  readonly isDirectory: boolean;
}

/** What is at a path, and on which device and where that is, as far as it is known. */
export interface Found {
  readonly entry: PageEntry;
  readonly device?: bigint;
  /** Where a symlink there led, where it was followed; a real path. */
  readonly real?: Buffer;
}

/** Says what is there; undefined when it is gone. */
export type Inspect = (child: Child) => Promise<Found | undefined>;

/** What a walk lists, and what it leaves out. */
export interface Selection {
  readonly root: Entrance;
  /** Is told of everything that is left out, in its turn; the walk goes on when it is done with it. */
  readonly onLeftOut: (leftOut: LeftOut) => void | Promise<void>;
  /** Throws when a directory lies where nothing may be read; unless given, what is out of the root may not. */
  readonly checkDirectory?: (directory: Buffer) => Promise<void>;
}

/** What decides about the children of one directory. */
export interface Scope {
  /** Tells by its name whether a child is left out, before anybody looks at it; absent where none is. */
  readonly byName?: ((child: Child) => LeftOut | undefined) | undefined;
  /** What is there, or whether that is left out; absent where nothing is that was not by its name. */
  readonly look?: ((child: Child, inspect: Inspect) => Promise<Found | LeftOut | undefined>) | undefined;
  /** What is to be done about a directory among them before it is read. Throws when that cannot be told. */
  readonly enter: (child: Child, found: Found) => Promise<Entrance>;
}

/** How a directory is entered. */
export interface Entrance {
  /** Why nothing in it is listed but `only`. */
  readonly content?: { readonly why: Why; readonly only: readonly string[] };
  /** Whether a symlink in it counts as a directory; unless given, none does. */
  readonly isFolder?: (link: Buffer) => Promise<boolean>;
  /** What decides about its children, once its names are known. Throws when that cannot be told. */
  readonly open: (names: DirectoryNames) => Promise<Scope>;
}

/** Tells what is listed from what is left out. */
export function isLeftOut(looked: Found | LeftOut): looked is LeftOut {
  return 'why' in looked;
}

/** Something that a listing leaves out, with all that is in it, and why. */
export interface LeftOut {
  readonly path: EncodedPath;
  readonly isDirectory: boolean;
  /** Whether the directory itself is backed up, and only what is in it is left out. */
  readonly isContent: boolean;
  readonly why: Why;
}

/** Where a rule stands, for people. */
export function ruleAt(folder: EncodedPath, name: string, line?: string): string {
  const file = folder === '' ? name : `${displayPath(folder)}/${name}`;
  return line === undefined ? file : `${file}:${line}`;
}
