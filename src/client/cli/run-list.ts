import type { RunInfo } from '../backups/run-info.ts';
import { columns } from './columns.ts';
import { formatBytes, formatCount, formatDuration, formatTime, printable } from './format.ts';

const header = ['RUN', 'STATE', 'STARTED', 'DURATION', 'FILES', 'BYTES', 'ROOT'];
const numbers = [3, 4, 5];

/** The history for people, one line a run. */
export function runListText(runs: readonly RunInfo[], storageUrl: string): string {
  if (runs.length === 0) return `No runs in ${storageUrl}`;
  return columns([header, ...runs.map(rowOf)], numbers).join('\n');
}

function rowOf({ run, startedAt, durationMs, files, bytes, root, ...info }: RunInfo): string[] {
  return [
    run,
    stateOf(info),
    formatTime(startedAt),
    durationMs === undefined ? '-' : formatDuration(durationMs),
    files === undefined ? '-' : formatCount(files),
    bytes === undefined ? '-' : formatBytes(bytes),
    root === undefined ? '-' : printable(root),
  ];
}

function stateOf({ state, failed = 0, reason }: Pick<RunInfo, 'state' | 'failed' | 'reason'>): string {
  if (state === 'incomplete') return `incomplete, ${formatCount(failed)} failed`;
  return state === 'unreadable' && reason !== undefined ? `unreadable: ${printable(reason)}` : state;
}
