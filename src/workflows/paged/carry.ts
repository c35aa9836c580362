import type { JobOptions, JobProgress, FileFailure, Page } from '../../contracts/job.ts';
import type { FileAttributes } from '../../contracts/manifest.ts';
import { startProgress } from './progress.ts';

/** What a job is about, as its first activity found and fixed it; every later activity receives it. */
export interface PagedRun {
  readonly id: string;
  readonly options: JobOptions;
  /** How many times what failed has been taken up again. */
  readonly round?: number;
}

/** What the first activity of a job returns. */
export interface Opened<R extends PagedRun> {
  readonly run: R;
  /** Of the directory itself, as it was then; only the commit is given them. */
  readonly rootAttributes?: FileAttributes;
}

/** What a job takes along when it continues as new, between two pages, and what a rewound one starts from. */
export interface PagedCarry<R extends PagedRun, T> extends Opened<R>, PagesSoFar<T> {
  readonly startedAt: string;
  /** Listed already, to be worked on first. */
  readonly page?: Page;
  /** In a later round: the pages of which something had failed, in ascending order. Nothing else is worked on then. */
  readonly retry?: readonly number[];
  /** In a later round for busy files: of those pages, these alone. */
  readonly only?: 'busy';
  /** Rounds that busy files have had. */
  readonly busyRounds?: number;
  readonly progress: JobProgress;
}

/** What the pages so far have come to. */
interface PagesSoFar<T> {
  /** For progress alone; the result is what the shards say. */
  readonly tally: T;
  readonly failures: readonly PageFailure[];
  /** Numbers of the pages of which something failed. */
  readonly failedPages: readonly number[];
  /** Numbers of the pages of which files were busy in this round, and how many those were. */
  readonly busyPages?: readonly number[];
  readonly busyFiles?: number;
}

interface PageFailure extends FileFailure {
  readonly page?: number;
}

/** Counts by name, these among them. */
export type Counted<T> = { readonly [K in keyof T]: number } & {
  readonly files: number;
  readonly bytes: number;
  readonly failed: number;
};

/** What a job begins with. */
export function firstCarry<R extends PagedRun, T>(opened: Opened<R>, startedAt: string, tally: T): PagedCarry<R, T> {
  return { ...opened, startedAt, tally, failures: [], failedPages: [], progress: startProgress };
}

/** What a rewind of a job starts from: the pages of which something failed. */
export function rewindCarry<R extends PagedRun, T extends Counted<T>>(
  { run, rootAttributes, startedAt, failedPages }: PagedCarry<R, T>,
  tally: T,
  progress: JobProgress,
): PagedCarry<R, T> {
  return {
    run: nextRound(run),
    ...(rootAttributes && { rootAttributes }),
    startedAt,
    retry: [...failedPages].sort((a, b) => a - b),
    tally,
    failures: [],
    failedPages: [],
    progress: { ...progress, failed: 0, totalFiles: tally.files, totalBytes: tally.bytes },
  };
}

/** The round that takes up busy files again; undefined when there are none, or when they have had their chances. */
export function busyCarry<R extends PagedRun, T>(ended: PagedCarry<R, T>): PagedCarry<R, T> | undefined {
  const { busyPages = [], busyFiles: _, busyRounds = 0, ...rest } = ended;
  if (busyPages.length === 0 || busyRounds >= ended.run.options.busyRounds) return undefined;
  return { ...rest, run: nextRound(ended.run), retry: busyPages, only: 'busy', busyRounds: busyRounds + 1 };
}

function nextRound<R extends PagedRun>(run: R): R {
  return { ...run, round: (run.round ?? 0) + 1 };
}
