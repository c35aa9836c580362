import type { Counts } from '../blob-target/counts.ts';

/** What one run of a tool took. */
export interface Measured {
  readonly seconds: number;
  /** Processor time and most memory of the client that reads and sends the files, summed over its processes; only where `/proc` tells. */
  readonly cpuSeconds?: number | undefined;
  readonly peakBytes?: number | undefined;
  /** Processor time of Temporal's server meanwhile, for a tool that has one. */
  readonly serverCpuSeconds?: number | undefined;
  /** What the target was asked meanwhile, where it counts. */
  readonly requests?: Counts | undefined;
}

/** Something that backs up a tree into a container of its own. Every method throws when not all of it was done. */
export interface Uploader {
  readonly name: string;
  readonly version: string;
  /** How it is called, as far as that decides its speed. */
  readonly how: string;
  /** Where it writes; it is there. */
  readonly container: string;
  readonly backUp: (tree: string) => Promise<Measured>;
}

export interface Tool extends Uploader {
  /** The same tree once more, of which nothing has changed. */
  readonly backUpAgain: (tree: string) => Promise<Measured>;
  /** Brings the tree back into an empty directory. */
  readonly restore: (tree: string, into: string) => Promise<Measured>;
}
