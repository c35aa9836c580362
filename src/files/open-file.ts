import { closeSync, constants, fstatSync, openSync, readlinkSync, readSync, type BigIntStats } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';

/** Never through a symlink, which could lead anywhere. Without O_NONBLOCK a fifo put in the file's place would block the open. */
export const toRead = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

// A larger one would keep this thread from everything else for long.
const maxBytes = 256 * 1024;
// Milliseconds. What the system has in its cache takes a tenth of it; what takes longer had to wait for the disk.
const cached = 0.2;
const fewest = 16;
const most = 512;
const filesInOneTurn = 32;

/** What copying needs of an open file. A `FileHandle` is one, whose answers take a while; those of others may be there at once. */
export interface OpenedFile {
  /** The system's number of it. */
  readonly fd: number;
  stat(options: { readonly bigint: true }): BigIntStats | Promise<BigIntStats>;
  read(into: Buffer, offset: number, length: number, position: number): Read | Promise<Read>;
  close(): void | Promise<void>;
}

interface Read {
  readonly bytesRead: number;
}

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
    if (!isLocal || size > maxBytes) return open(location, toRead);
    if (toPool > 0) {
      toPool -= 1;
      return open(location, toRead);
    }
    opened += 1;
    // Files that need no request would otherwise follow each other without an end, and nothing else would get its turn.
    if (opened % filesInOneTurn === 0) await nextTurn();
    return new BlockingFile(location, { now, onRead });
  };
}

interface Timing {
  /** The time in milliseconds, from wherever it counts. */
  readonly now: () => number;
  /** Told how many milliseconds it took so far to open and read the file. */
  readonly onRead: (waited: number) => void;
}

/** A file that is opened and read in the calling thread. */
export class BlockingFile implements OpenedFile {
  readonly fd: number;
  readonly #timing: Timing;
  #waited: number;

  /** Throws the system's error when the file cannot be opened. */
  constructor(location: Buffer, timing: Timing) {
    const began = timing.now();
    this.fd = openSync(location, toRead);
    this.#waited = timing.now() - began;
    this.#timing = timing;
  }

  stat(options: { readonly bigint: true }): BigIntStats {
    return fstatSync(this.fd, options);
  }

  read(into: Buffer, offset: number, length: number, position: number): Read {
    const { now, onRead } = this.#timing;
    const began = now();
    const bytesRead = readSync(this.fd, into, offset, length, position);
    this.#waited += now() - began;
    onRead(this.#waited);
    return { bytesRead };
  }

  close(): void {
    closeSync(this.fd);
  }
}

/**
 * The same file, of which a read fails that takes longer than `limit`, milliseconds. Nothing can end such a read, so closing the file does not
 * wait for it either.
 */
export function impatientFile(file: OpenedFile, limit: number): OpenedFile {
  let isStuck = false;
  return {
    fd: file.fd,
    stat: (options) => file.stat(options),
    read: async (...where) => {
      const late = Promise.withResolvers<never>();
      const timer = setTimeout(() => {
        isStuck = true;
        late.reject(
          Object.assign(new Error(`a read of it gave nothing for ${limit / 1000} seconds`), { syscall: 'read' }),
        );
      }, limit);
      try {
        return await Promise.race([file.read(...where), late.promise]);
      } finally {
        clearTimeout(timer);
      }
    },
    close: async () => {
      const closed = Promise.resolve(file.close());
      if (isStuck) closed.catch(() => undefined);
      else await closed;
    },
  };
}

/** Reads `length` bytes at `position`, or fewer where the file ends first. Never fewer otherwise. */
export async function readBlock(file: Pick<OpenedFile, 'read'>, position: number, length: number): Promise<Buffer> {
  const block = Buffer.allocUnsafe(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await file.read(block, filled, length - filled, position + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return block.subarray(0, filled);
}

/** Writes all bytes at a position. */
export async function writeAll(file: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}

/**
 * Where the system says that an open file lies, every symlink on the way resolved; undefined where it does not say, as outside of Linux. It
 * answers from memory, also for a file on a network that is silent. See proc_pid_fd(5).
 */
export function openedLocation(fd: number): Buffer | undefined {
  if (process.platform !== 'linux') return undefined;
  try {
    return readlinkSync(`/proc/self/fd/${fd}`, { encoding: 'buffer' });
  } catch {
    return undefined;
  }
}
