import type { Disk } from '../../../files/disks.ts';
import type { OpenDirectory } from '../../../files/walk/walk.ts';

/**
 * A directory of the target. Names in it are reached through it alone, never by a path that is resolved anew: a folder on the way could
 * be replaced by a symlink at any time.
 */
export interface Folder {
  /** How it is reached itself, by calls that follow symlinks. */
  readonly self: Buffer;
  /** How a name in it is reached, by calls that do not follow symlinks. */
  readonly at: (name: Buffer) => Buffer;
  /**
   * Opens a directory in it. Throws the system's errors: `ENOENT` where nothing is, `ENOTDIR` where something else is, such as a symlink.
   */
  readonly open: (name: Buffer) => Promise<Folder>;
  /** Throws an `ExpectedError` with the code `ESTALE` where the folder is no longer in its place; lately unless given. */
  readonly check: (when?: 'now' | 'lately') => Promise<void>;
  /** How a walk opens the directories below it; undefined where folders are not held open. */
  readonly openDirectory?: OpenDirectory;
  /** What it is on; undefined where folders are not held open. */
  readonly disk?: () => Promise<Disk>;
  readonly close: () => Promise<void>;
}
