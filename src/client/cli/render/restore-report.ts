import { printable } from '../../../lib/printable.ts';
import type { RestoreSummary } from '../../../contracts/restore.ts';
import { failureTypes } from '../../../contracts/failures.ts';
import { formatBytes, formatCount, formatDuration } from './format.ts';
import { failureLines, summaryIn, type ReportContext, type ReportKind } from './report.ts';

/** How a restore is reported. */
export const restoreReport: ReportKind<RestoreSummary> = {
  summaryOf: (result) => summaryIn(result, failureTypes.restoreIncomplete) as RestoreSummary | undefined,
  nothing: { files: 0, bytes: 0, restored: 0, failed: 0 },
  lines: summaryLines,
  details: ({ restoreId, report }) => [`  restore   ${restoreId}`, `  report    ${report}`],
  canceled: 'what was restored stays, and the same command goes on from there.',
  again: 'The same command goes on with it.',
};

function summaryLines(summary: RestoreSummary, { duration }: ReportContext): string[] {
  const { files, bytes, restored, restoredBytes, unchanged, kept, deleted, skipped, failed, undeleted } = summary;
  return [
    `${headline(summary)} ${printable(summary.target)} from run ${summary.runId} of ${printable(summary.root)}`,
    `  files     ${formatCount(files)} (${formatBytes(bytes)})`,
    `  restored  ${formatCount(restored)} (${formatBytes(restoredBytes)})`,
    `  unchanged ${formatCount(unchanged)}`,
    `  kept      ${formatCount(kept)}`,
    `  deleted   ${formatCount(deleted)}`,
    `  folders   ${formatCount(summary.directories)}`,
    `  symlinks  ${formatCount(summary.symlinks)}`,
    `  skipped   ${formatCount(skipped)}`,
    `  failed    ${formatCount(failed)}${undeleted > 0 ? ` (${formatCount(undeleted)} not deleted)` : ''}`,
    ...failureLines(failed, summary.failures, summary.restoreId),
    `  duration  ${formatDuration(duration)}`,
    ...(summary.needsForce
      ? [
          'The restore itself asks for --force: the target is not empty, and nothing of this was restored into it before.',
        ]
      : []),
  ];
}

function headline({ complete, dryRun }: RestoreSummary): string {
  if (dryRun) return complete ? 'Dry run, nothing was changed: would restore' : 'Incomplete dry run: would restore';
  return complete ? 'Restored' : 'Incomplete restore of';
}
