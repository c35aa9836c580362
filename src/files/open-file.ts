import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { BlockingFile, type OpenedFile } from './blocking-file.ts';

// Never through a symlink. Without O_NONBLOCK a fifo put in the file's place would block the open.
const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

// A larger one would keep this thread from everything else for long.
const maxBytes = 256 * 1024;
// Milliseconds. What the system has in its cache takes a tenth of it; what takes longer had to wait for the disk.
const cached = 0.2;
const fewest = 16;
const most = 512;
const filesInOneTurn = 32;

interface FileToOpen {
  readonly location: Buffer;
  /** Bytes, as it was listed. */
  readonly size: number;
  /** Whether it is on a disk of this machine. */
  readonly isLocal: boolean;
}

export type OpenFile = (file: FileToOpen) => Promise<OpenedFile>;

/**
 * Opens files to be read, never through a symlink. A small one on a local disk is read in this thread: each of the five trips
 * through the thread pool costs more than what is done there, as long as the file is in the system's cache. After one that was
 * not, the next ones go to the pool, which waits for several at once; more of them each time that another try was slow too.
 */
export function createFileOpener(now: () => number = () => performance.now()): OpenFile {
  let toPool = 0;
  let afterSlow = fewest;
  let opened = 0;

  const onRead = (waited: number) => {
    toPool = waited > cached ? afterSlow : 0;
    afterSlow = waited > cached ? Math.min(afterSlow * 2, most) : fewest;
  };

  return async ({ location, size, isLocal }) => {
    if (!isLocal || size > maxBytes) return open(location, flags);
    if (toPool > 0) {
      toPool -= 1;
      return open(location, flags);
    }
    opened += 1;
    // Files that need no request would otherwise follow each other without an end, and nothing else would get its turn.
    if (opened % filesInOneTurn === 0) await nextTurn();
    return new BlockingFile(location, { flags, now, onRead });
  };
}
