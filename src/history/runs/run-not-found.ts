import { ExpectedError, failureTypes } from '../../contracts/failures.ts';
import { shellWord } from '../../lib/shell-word.ts';
import type { UnfinishedRun } from './unfinished-runs.ts';
import { runForms } from '../../contracts/input.ts';

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
  /** The run that is meant, where it has no manifest. */
  readonly unfinished: (UnfinishedRun & { readonly run: string }) | undefined;

  constructor(
    message: string,
    {
      isUnknown = false,
      isNone = false,
      runs = [],
      roots = [],
      unfinished,
    }: Partial<Omit<RunNotFound, keyof ExpectedError>> = {},
  ) {
    super(failureTypes.runNotFound, message);
    this.isUnknown = isUnknown;
    this.isNone = isNone;
    this.runs = runs;
    this.roots = roots;
    this.unfinished = unfinished;
  }
}

/** Says that there is no such run, what can be given, and which runs `newest` there are. */
export function unknownRun(run: string, prefix: string | readonly string[], newest: readonly string[]): RunNotFound {
  const there = newest.length === 0 ? 'there is none yet' : `the newest are ${list(newest)}`;
  return new RunNotFound(`There is no run ${JSON.stringify(run)} ${below(prefix)}: give ${runForms}; ${there}`, {
    isUnknown: true,
    runs: newest,
  });
}

/** Says of which ids, newest first, a text is the beginning. */
export function ambiguousRun(text: string, ids: readonly string[]): RunNotFound {
  const more = ids.length > shownRuns ? ` and ${ids.length - shownRuns} more` : '';
  const newest = ids.toSorted().toReversed();
  return runNotFound(
    `${JSON.stringify(text)} is the beginning of ${ids.length} ids: give more of the one that is meant (${list(newest)}${more})`,
  );
}

/** Says how a run without a manifest stands, as far as that is known, and what goes on with it. */
export function runWithoutManifest(id: string, known?: UnfinishedRun, source?: string): RunNotFound {
  if (known) return new RunNotFound(aboutUnfinished(id, known, source), { unfinished: { ...known, run: id } });
  return runNotFound(
    `Run ${id} is incomplete, for it is still running or was stopped: wait for its end, or name another run`,
  );
}

/** A sentence on how such a run stands, and what goes on with it: a backup of `source`, if its directory is that one, or of its root. */
export function aboutUnfinished(id: string, known: UnfinishedRun, source?: string): string {
  const { root, stoppedAt, reason } = known;
  const backup = `\`durable-backup backup ${shellWord(source ?? root)}\``;
  if (stoppedAt === undefined)
    return `Run ${id} of ${root} has not ended: it is still running, or was cut off. \`durable-backup status\` tells whether it runs, and ${backup} goes on with it`;
  const how = reason === undefined ? `was stopped at ${stoppedAt}` : `failed at ${stoppedAt} (${reason})`;
  return `Run ${id} of ${root} ${how}, before its end: ${backup} takes over what was copied`;
}

/** Says when a run was forgotten, and how to take that back. */
export function forgottenRun(id: string, since: string): RunNotFound {
  return runNotFound(
    `Run ${id} was forgotten at ${since}: name another run, or take that back with \`durable-backup forget --undo ${id}\` while its data are there`,
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
