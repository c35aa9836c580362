import { printable } from '../../../lib/printable.ts';
import type { ListedRun } from '../../sources/all-backups.ts';
import type { RunInfo } from '../../../history/views/run-info.ts';
import type { Suspicion } from '../../../contracts/suspicion.ts';
import { columns, formatBytes, formatCount, formatDuration, formatTime } from './format.ts';

const header = ['RUN', 'STATE', 'STARTED', 'DURATION', 'FILES', 'BYTES'];
const numbers = [3, 4, 5];

/** The history for people, one line a run, with columns of tags and of sources when there are any. */
export function runListText(runs: readonly ListedRun[], storageUrl: string): string {
  if (runs.length === 0) return `No runs in ${storageUrl}`;
  const isTagged = runs.some(({ tags }) => tags !== undefined);
  const isNamed = runs.some(({ source }) => source !== null);
  const whole = (cells: readonly string[], tags: string, source: string, root: string) => [
    ...cells,
    ...(isTagged ? [tags] : []),
    ...(isNamed ? [source] : []),
    root,
  ];
  const rows = runs.map((run) =>
    whole(cellsOf(run), run.tags?.join(', ') ?? '-', run.source ?? '-', printable(run.root ?? '-')),
  );
  return columns([whole(header, 'TAGS', 'SOURCE', 'ROOT'), ...rows], numbers).join('\n');
}

function cellsOf({ run, startedAt, durationMs, files, bytes, ...info }: RunInfo): string[] {
  return [
    run,
    stateOf(info),
    formatTime(startedAt),
    durationMs === undefined ? '-' : formatDuration(durationMs),
    files === undefined ? '-' : formatCount(files),
    bytes === undefined ? '-' : formatBytes(bytes),
  ];
}

type RunState = Pick<RunInfo, 'state' | 'failed' | 'suspect' | 'reason' | 'stoppedAt' | 'forgottenAt'>;

function stateOf({ forgottenAt, ...info }: RunState): string {
  return `${forgottenAt === undefined ? '' : 'forgotten, '}${endOf(info)}`;
}

/** How a run ended, with what makes it no success. */
export function endOf({ state, failed = 0, suspect, reason, stoppedAt }: Omit<RunState, 'forgottenAt'>): string {
  if (suspect && state === 'suspect') return suspicionText(suspect);
  if (state === 'incomplete') return `incomplete, ${formatCount(failed)} failed`;
  if (state === 'unfinished' && stoppedAt !== undefined)
    return `unfinished, ${reason === undefined ? 'stopped' : 'failed'} ${formatTime(stoppedAt)}`;
  return state === 'unreadable' && reason !== undefined ? `unreadable: ${printable(reason)}` : state;
}

function suspicionText({ lost, files }: Suspicion): string {
  const what = lost === 0 ? 'another file system' : `${formatCount(lost)} of ${formatCount(files)} files lost`;
  return `suspect, ${what}`;
}
