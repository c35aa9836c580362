import { printable } from '../../../lib/printable.ts';
import type { ForgetResult, ForgetRow } from '../../../contracts/forget.ts';
import { columns } from './columns.ts';
import { formatBytes, formatCount, formatTime } from './format.ts';

const header = ['RUN', 'STARTED', 'FILES', 'BYTES', 'VERDICT', 'WHY'];
const numbers = [2, 3];
const verdicts = { kept: 'keep', forgotten: 'forget', recalled: 'take back' } as const;

/** What was forgotten, or would be, for people: a table for each directory, and what it comes to. */
export function forgetText(result: ForgetResult): string {
  const byRoot = Map.groupBy(result.runs, ({ root }) => root);
  const tables = [...byRoot].map(([root, rows]) => `${titleOf(root)}\n${tableOf(rows).join('\n')}\n`);
  return [...tables, sumOf(result)].join('\n');
}

function sumOf({ dryRun, ...counts }: ForgetResult): string {
  const [kept, forgotten, recalled] = [counts.kept, counts.forgotten, counts.recalled].map(formatCount);
  const isUndo = counts.recalled > 0;
  if (dryRun)
    return `${isUndo ? `${recalled} to take back` : `${forgotten} to forget`}, ${kept} to keep. Nothing was changed.`;
  const did = `${isUndo ? `${recalled} taken back` : `${forgotten} forgotten`}, ${kept} kept.`;
  return counts.forgotten > 0 ? `${did} \`durable-backup prune\` deletes what no run needs any more.` : did;
}

function titleOf(root: string | undefined): string {
  return root === undefined ? 'Runs whose directory was not read' : `Runs of ${printable(root)}`;
}

function tableOf(rows: readonly ForgetRow[]): string[] {
  return columns([header, ...rows.map(cellsOf)], numbers);
}

function cellsOf({ run, startedAt, files, bytes, outcome, reasons }: ForgetRow): string[] {
  return [
    run,
    formatTime(startedAt),
    files === undefined ? '-' : formatCount(files),
    bytes === undefined ? '-' : formatBytes(bytes),
    verdicts[outcome],
    printable(reasons.join(', ')),
  ];
}
