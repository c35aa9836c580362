import type { Logger } from 'pino';
import { onInterrupt } from './interrupts.ts';
import { exitCodes } from './exit-code.ts';
import { errorJson } from './render/report.ts';
import type { Config } from '../../config.ts';
import { printableLines } from '../../lib/printable.ts';

/** What every command of `npm run backup` understands. */
export interface CommonFlags {
  readonly json: boolean;
  readonly quiet: boolean;
  /** Whether reports say where all of it is kept. */
  readonly verbose: boolean;
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
}

/** Does what a command line asks for and returns the exit code. */
export type Task = (call: Call) => Promise<number>;

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
