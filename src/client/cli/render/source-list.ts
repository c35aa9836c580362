import { printable } from '../../../lib/printable.ts';
import { durationText } from '../../../lib/units.ts';
import type { ListedSource } from '../../sources/sources-file.ts';
import { columns } from './columns.ts';
import { formatTime } from './format.ts';

const header = ['NAME', 'ROOT', 'PREFIX', 'WORKER', 'SCHEDULE', 'LAST SUCCESS'];

/** Sources for people, one line each. */
export function sourceListText(sources: readonly ListedSource[], file: string): string {
  if (sources.length === 0) return `No sources in ${file}`;
  return columns([header, ...sources.map(rowOf)]).join('\n');
}

function rowOf({ name, root, prefix, worker, schedule, lastSuccess }: ListedSource): string[] {
  const every = schedule?.every === undefined ? undefined : `every ${durationText(schedule.every)}`;
  return [
    name,
    printable(root),
    prefix === '' ? '-' : prefix,
    worker ?? '-',
    printable(schedule?.cron ?? every ?? '-'),
    lastSuccess === null ? 'never' : formatTime(lastSuccess),
  ];
}
