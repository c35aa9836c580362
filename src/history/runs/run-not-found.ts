import { z } from 'zod';
import { ExpectedError, failureTypes } from '../../contracts/failures.ts';

const shownRuns = 5;

/** Thrown where no run is meant: those that were looked through may be of one prefix among several. */
export class RunNotFound extends ExpectedError {
  /** Nothing is called so. */
  readonly isUnknown: boolean;
  /** There is no complete one. */
  readonly isNone: boolean;
  /** Ids that can be named instead, newest first. */
  readonly runs: readonly string[];
  /** The directories among which is to be chosen. */
  readonly roots: readonly string[];

  constructor(
    message: string,
    { isUnknown = false, isNone = false, runs = [], roots = [] }: Partial<Omit<RunNotFound, keyof ExpectedError>> = {},
  ) {
    super(failureTypes.runNotFound, message);
    this.isUnknown = isUnknown;
    this.isNone = isNone;
    this.runs = runs;
    this.roots = roots;
  }
}

/** Says that there is no such run, what can be given, and which runs `newest` there are. */
export function unknownRun(run: string, prefix: string | readonly string[], newest: readonly string[]): RunNotFound {
  const there = newest.length === 0 ? 'there is none yet' : `the newest are ${list(newest)}`;
  return new RunNotFound(
    `There is no run ${JSON.stringify(run)} ${below(prefix)}: give a run's id, "latest", or a time such as 2026-11-21T06:10:00Z; ${there}`,
    { isUnknown: true, runs: newest },
  );
}

export function runWithoutManifest(id: string): RunNotFound {
  return runNotFound(
    `Run ${id} is incomplete, for it is still running or was stopped: wait for its end, or name another run`,
  );
}

/** Says when a run was forgotten, and how to take that back. */
export function forgottenRun(id: string, since: string): RunNotFound {
  return runNotFound(
    `Run ${id} was forgotten at ${since}: name another run, or take that back with \`forget --undo ${id}\` while its data are there`,
  );
}

export function runWithoutData(id: string): RunNotFound {
  return runNotFound(`Nothing is left in storage of run ${id}, so it cannot be taken up again: start another backup`);
}

/** Says that what a run without a manifest counts as unchanged may be gone. */
export function runWithoutBase(id: string, base: string): RunNotFound {
  return runNotFound(
    `Run ${id} goes by run ${base}, which was forgotten or is gone, so it cannot be taken up again: start another backup`,
  );
}

export function runOfAnotherRoot(id: string, its: string, root: string): RunNotFound {
  return runNotFound(`Run ${id} is a backup of ${its}, not of ${root}: leave the root out, or name another run`);
}

/** Says that no complete run fits what was asked for, and how to name one that is incomplete or suspect. */
export function noCompleteRun(
  {
    prefix,
    run,
    root,
  }: {
    readonly prefix: string | readonly string[];
    readonly run: string;
    readonly root?: string | undefined;
  },
  others: readonly string[],
): RunNotFound {
  const which = `${root === undefined ? '' : ` of ${root}`}${run === 'latest' ? '' : ` begun by ${run}`}`;
  const hint =
    others.length === 0
      ? 'list the runs that there are, or make a backup'
      : `incomplete and suspect ones can be named by their id (${list(others)})`;
  const message = `There is no complete backup${which} ${below(prefix)}: ${hint}`;
  return new RunNotFound(message, { isNone: true, runs: others });
}

export function severalRoots(roots: readonly string[]): RunNotFound {
  return new RunNotFound(
    `There are backups of several directories: name one with root, or --source (${roots.join(', ')})`,
    { roots },
  );
}

function below(prefix: string | readonly string[]): string {
  const [only, ...others] = typeof prefix === 'string' ? [prefix] : prefix;
  return others.length === 0
    ? `below the prefix "${only}"`
    : `below any of the prefixes ${[only, ...others].map((one) => `"${one}"`).join(', ')}`;
}

function list(ids: readonly string[]): string {
  return ids.slice(0, shownRuns).join(', ');
}

function runNotFound(message: string): RunNotFound {
  return new RunNotFound(message);
}

const id = /^\d{8}T\d{6}Z-[0-9a-z]+$/u;
const time = z.iso.datetime({ offset: true });

/** How a person names a run. */
type RunReference =
  | { readonly id: string }
  /** The last run that had begun by then, in milliseconds since 1970. */
  | { readonly startedBy: number };

/** Reads a run's id, `latest`, or a time in ISO 8601 with its zone; undefined when the text is none of these. */
export function parseRunReference(text: string): RunReference | undefined {
  if (text === 'latest') return { startedBy: Infinity };
  if (isRunId(text)) return { id: text };
  return time.safeParse(text).success ? { startedBy: Date.parse(text) } : undefined;
}

/** Whether a text has the form of a run's id, which is safe as a part of a blob's name. */
export function isRunId(text: string): boolean {
  return id.test(text);
}
