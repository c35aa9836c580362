import { printable } from '../../../lib/printable.ts';
import type { SourceStatus } from '../../sources/source-status.ts';
import { columns, formatCount, formatDuration, formatTime } from './format.ts';
import { endOf } from './run-list.ts';

const header = ['SOURCE', 'HEALTH', 'LAST SUCCESS', 'AGE', 'LAST RUN', 'FAILURES SINCE', 'NEXT', 'NOW'];
const numbers = [5];

/** How sources are, for people, one line each. */
export function statusText(statuses: readonly SourceStatus[], storageUrl: string): string {
  if (statuses.length === 0) return `No sources, and no runs in ${storageUrl}`;
  const table = columns([header, ...statuses.map(rowOf)], numbers);
  return [...table, ...statuses.flatMap(whyOf)].join('\n');
}

/** How often a source has failed, since when, and why. */
function whyOf({ source, root, failuresSince, failingSince, reason }: SourceStatus): string[] {
  if (failingSince === null || reason === null) return [];
  const times = failuresSince === 1 ? 'once' : `${formatCount(failuresSince)} times`;
  const since = failuresSince === 1 ? '' : ` since ${formatTime(failingSince)}, the last time`;
  return [`${printable(source ?? root)} has failed ${times}${since}: ${printable(reason)}`];
}

function rowOf({
  source,
  root,
  health,
  lastSuccess,
  age,
  lastRun,
  failuresSince,
  running,
  next,
}: SourceStatus): string[] {
  return [
    printable(source ?? root),
    health,
    lastSuccess?.finishedAt === undefined ? '-' : formatTime(lastSuccess.finishedAt),
    age === null ? '-' : formatAge(age),
    lastRun ? endOf(lastRun) : '-',
    formatCount(failuresSince),
    next === null ? '-' : formatTime(next),
    running ? nowOf(running) : '-',
  ];
}

function nowOf({ progress }: NonNullable<SourceStatus['running']>): string {
  if (!progress) return 'running';
  const { phase, files, totalFiles, listed, suspended, waitingFor } = progress;
  const what = suspended ? 'suspended' : phase;
  if (waitingFor !== undefined) return `waiting for ${printable(waitingFor)}`;
  return `${what}, ${formatCount(files)} of ${formatCount(totalFiles)}${listed ? '' : '+'} files`;
}

const day = 24 * 3600;

/** Seconds as people count them; after some days, the hours do not matter any more. */
function formatAge(seconds: number): string {
  if (seconds < 2 * day) return formatDuration(seconds * 1000);
  return `${formatCount(Math.floor(seconds / day))} d`;
}
