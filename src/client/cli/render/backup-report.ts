import { printable } from '../../../lib/printable.ts';
import type { BackupSummary } from '../../../contracts/backup.ts';
import { failureTypes } from '../../../contracts/failures.ts';
import { formatBytes, formatCount, formatDuration } from './format.ts';
import { failureLines, summaryIn, type ReportContext, type ReportKind } from './report.ts';

/** How a backup is reported. */
export const backupReport: ReportKind<BackupSummary> = {
  summaryOf: (result) =>
    summaryIn(result, failureTypes.backupIncomplete, failureTypes.backupSuspect) as BackupSummary | undefined,
  nothing: { files: 0, bytes: 0, failed: 0, skipped: 0 },
  lines: summaryLines,
  details: ({ manifest }) => [`  manifest  ${manifest}`],
  canceled: 'what was copied stays, and the next backup takes it over.',
  again: 'The same command takes up what was copied.',
};

function summaryLines(summary: BackupSummary, { duration, dataDir }: ReportContext): string[] {
  const { files, bytes, uploaded, uploadedBytes, adopted, unchanged, directories, symlinks, skipped, failed } = summary;
  const { excluded, warnings = [] } = summary;
  // Workers of an earlier version count no unchanged files.
  const counts = [
    `${formatCount(uploaded)} uploaded`,
    `${formatCount(unchanged ?? 0)} unchanged`,
    `${formatCount(adopted)} already there`,
  ];
  return [
    `${titleOf(summary)} ${printable(summary.root)}`,
    `  files     ${formatCount(files)} (${counts.join(', ')})`,
    `  bytes     ${formatCount(bytes)} (${formatBytes(bytes)}; ${formatBytes(uploadedBytes)} uploaded)`,
    `  folders   ${formatCount(directories)}`,
    `  symlinks  ${formatCount(symlinks)}`,
    `  skipped   ${formatCount(skipped)}`,
    ...(excluded === undefined ? [] : [`  excluded  ${formatCount(excluded)}`]),
    `  failed    ${formatCount(failed)}`,
    ...failureLines(failed, summary.failures, summary.runId),
    ...warnings.map((warning) => `  warning   ${printable(warning)}`),
    `  duration  ${formatDuration(duration)}`,
    ...(dataDir === undefined ? [] : [`  blobs     ${printable(dataDir)}`]),
    `  run       ${summary.runId}`,
    ...(summary.complete ? [] : [`  again     durable-backup retry ${summary.runId}`]),
    ...suspicionLines(summary),
  ];
}

function titleOf({ complete, suspect }: BackupSummary): string {
  if (suspect) return 'Suspect backup of';
  return complete ? 'Backed up' : 'Incomplete backup of';
}

/** Why it is suspect, and what can be done. */
function suspicionLines({ runId, root, suspect }: BackupSummary): string[] {
  if (!suspect) return [];
  return [
    ...suspect.reasons.map((reason) => `  suspect   ${printable(reason)}`),
    `  good      run ${suspect.since} is the last good one, and prune waits`,
    `  if meant  durable-backup accept ${runId}`,
    `  if not    see that ${printable(root)} is mounted and whole, and back it up again`,
  ];
}
