import { printable } from '../../../lib/printable.ts';
import type { PruneSummary } from '../../../contracts/prune.ts';
import { formatBytes, formatCount, formatDuration } from './format.ts';
import type { ReportContext, ReportKind } from './report.ts';

/** How a prune is reported. */
export const pruneReport: ReportKind<PruneSummary> = {
  summaryOf: (result) => (result.status === 'Completed' ? (result.output as PruneSummary) : undefined),
  nothing: { deleted: 0, deletedBytes: 0, data: 0, dataBytes: 0 },
  lines: summaryLines,
  details: ({ pruneId, report }) => [`  prune     ${pruneId}`, `  report    ${report}`],
  canceled: 'what was not deleted yet stays, and the next prune goes on with it.',
  again: 'The same command goes on with it.',
};

function summaryLines(summary: PruneSummary, { duration }: ReportContext): string[] {
  const { dryRun, deleted, deletedBytes, data, dataBytes, kept, keptBytes, foreign, foreignBytes } = summary;
  const { keptRuns, forgottenRuns, unfinishedRuns, changed, locked = 0, lockedBytes = 0 } = summary;
  const what = summary.prefix === '' ? 'the container' : `the prefix ${printable(summary.prefix)}`;
  const counted = (count: number, bytes: number) => `${formatCount(count)} (${formatBytes(bytes)})`;
  const runs = [
    `${formatCount(keptRuns)} kept`,
    `${formatCount(forgottenRuns)} forgotten`,
    `${formatCount(unfinishedRuns)} unfinished`,
  ];
  return [
    dryRun ? `Would prune ${what}; nothing was deleted` : `Pruned ${what}`,
    `  runs      ${runs.join(', ')}`,
    `  deleted   ${counted(deleted, deletedBytes)} blobs and snapshots of files`,
    `  data      ${counted(data, dataBytes)} of manifests, pages and ledgers`,
    `  kept      ${counted(kept, keptBytes)}`,
    `  foreign   ${counted(foreign, foreignBytes)}, which no backup wrote`,
    ...(changed > 0 ? [`  changed   ${formatCount(changed)}, which were written again meanwhile and stay`] : []),
    ...(locked > 0
      ? [`  locked    ${counted(locked, lockedBytes)}, which a lease or a policy of the storage keeps`]
      : []),
    `  duration  ${formatDuration(duration)}`,
  ];
}
