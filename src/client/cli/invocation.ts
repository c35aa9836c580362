import type { Logger } from 'pino';
import { errorJson } from './render/report.ts';
import type { Config } from '../../config.ts';
import { printableLines } from '../../lib/printable.ts';

/** What every command of `npm run backup` understands. */
export interface CommonFlags {
  readonly json: boolean;
  readonly quiet: boolean;
  /** Whether reports say where all of it is kept. */
  readonly verbose: boolean;
  /** Where the command line says that sources are named. */
  readonly sourcesFile?: string;
}

/** One call of the command line, before it is known what to do. */
export interface Invocation extends CommonFlags {
  /** Writes a line of the answer to standard output. */
  readonly answer: (text: string) => void;
  /** Writes a line to standard error, unless `quiet`. */
  readonly note: (line: string) => void;
  /** Aborts at the first Ctrl-C. */
  readonly stop: AbortSignal;
  /** Aborts at the second. */
  readonly leave: AbortSignal;
}

/** An invocation with what the process was configured to be. */
export interface Call extends Invocation {
  readonly config: Config;
  readonly log: Logger;
  /** Lets the commands of a text work as they are printed. */
  readonly runnable: (text: string) => string;
}

/** Does what a command line asks for and returns the exit code. */
export type Task = (call: Call) => Promise<number>;

/** What the command's exit codes mean; `--help` lists them. */
export const exitCodes = { done: 0, error: 1, incomplete: 3, suspect: 4, interrupted: 130 } as const;

export function createInvocation({ json, quiet, verbose }: CommonFlags): Invocation {
  const stop = new AbortController();
  const leave = new AbortController();
  onInterrupt(
    () => stop.abort(),
    () => leave.abort(),
  );
  return {
    json,
    quiet,
    verbose,
    answer: (text) => console.log(printableLines(text)),
    note: quiet ? () => undefined : (line) => console.error(printableLines(line)),
    stop: stop.signal,
    leave: leave.signal,
  };
}

/** The end of a command that was stopped before there was anything to cancel. */
export function interrupted({ json, answer, note }: Invocation, error: string): number {
  if (json) answer(errorJson('Interrupted', error));
  note(error);
  return exitCodes.interrupted;
}

/** Resolves at the first SIGINT or SIGTERM; a later one ends the process at once. */
export function untilStopped({ stop, leave }: Pick<Invocation, 'stop' | 'leave'>): Promise<void> {
  leave.addEventListener('abort', () => process.exit(exitCodes.interrupted));
  return new Promise((resolve) => {
    if (stop.aborted) resolve();
    stop.addEventListener('abort', () => resolve());
  });
}

/** Calls `first` at the first SIGINT or SIGTERM and `second` at later ones. Returns the function that stops listening. */
export function onInterrupt(first: () => void, second: () => void): () => void {
  const listener = onPresses(first, second, () => performance.now());
  process.on('SIGINT', listener);
  process.on('SIGTERM', listener);
  return () => {
    process.off('SIGINT', listener);
    process.off('SIGTERM', listener);
  };
}

// A Ctrl-C reaches every process of the terminal, and npm passes on the one that it got: the same key press may come twice.
const samePress = 500;

/** Makes a signal listener that calls `first` at the first key press and `second` at later ones; `now` is in milliseconds. */
export function onPresses(first: () => void, second: () => void, now: () => number): () => void {
  let pressed: number | undefined;
  return () => {
    if (pressed === undefined) {
      pressed = now();
      first();
    } else if (now() - pressed > samePress) {
      second();
    }
  };
}
