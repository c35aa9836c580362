import { closeSync, fstatSync, openSync, readSync, type BigIntStats } from 'node:fs';

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

export interface BlockingOptions {
  /** Of the system's open. */
  readonly flags: number;
  /** The time in milliseconds, from wherever it counts. */
  readonly now: () => number;
  /** Told how many milliseconds it took so far to open and read the file. */
  readonly onRead: (waited: number) => void;
}

/** A file that is opened and read in the calling thread. */
export class BlockingFile implements OpenedFile {
  readonly fd: number;
  readonly #options: BlockingOptions;
  #waited: number;

  /** Throws the system's error when the file cannot be opened. */
  constructor(location: Buffer, options: BlockingOptions) {
    const { flags, now } = options;
    const began = now();
    this.fd = openSync(location, flags);
    this.#waited = now() - began;
    this.#options = options;
  }

  stat(options: { readonly bigint: true }): BigIntStats {
    return fstatSync(this.fd, options);
  }

  read(into: Buffer, offset: number, length: number, position: number): Read {
    const { now, onRead } = this.#options;
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
