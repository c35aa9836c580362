import { printable } from '../../../lib/printable.ts';
import type { BackupSummary } from '../../../contracts/backup.ts';
import { failureTypes } from '../../../contracts/failures.ts';
import { formatBytes, formatCount, formatDuration } from './format.ts';
import { failureLines, summaryIn, type ReportContext, type ReportKind } from './report.ts';
import type { RestoreSummary } from '../../../contracts/restore.ts';
import type { VerificationSummary } from '../../../contracts/verification.ts';
import type { PruneSummary } from '../../../contracts/prune.ts';

/** How a backup is reported. */
export const backupReport: ReportKind<BackupSummary> = {
  summaryOf: (result) =>
    summaryIn(result, failureTypes.backupIncomplete, failureTypes.backupSuspect) as BackupSummary | undefined,
  nothing: { files: 0, bytes: 0, failed: 0, skipped: 0 },
  lines: backupLines,
  details: ({ manifest }) => [`  manifest  ${manifest}`],
  canceled: 'what was copied stays, and the next backup takes it over.',
  again: 'The same command takes up what was copied.',
};

function backupLines(summary: BackupSummary, { duration, dataDir, ownWorker = false }: ReportContext): string[] {
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
    ...(summary.complete ? [] : [`  again     durable-backup retry ${summary.runId}${ownWorker ? ' --worker' : ''}`]),
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

/** How a restore is reported. */
export const restoreReport: ReportKind<RestoreSummary> = {
  summaryOf: (result) => summaryIn(result, failureTypes.restoreIncomplete) as RestoreSummary | undefined,
  nothing: { files: 0, bytes: 0, restored: 0, failed: 0 },
  lines: restoreLines,
  details: ({ restoreId, report }) => [`  restore   ${restoreId}`, `  report    ${report}`],
  canceled: 'what was restored stays, and the same command goes on from there.',
  again: 'The same command goes on with it.',
};

function restoreLines(summary: RestoreSummary, { duration }: ReportContext): string[] {
  const { files, bytes, restored, restoredBytes, unchanged, kept, deleted, skipped, failed, undeleted } = summary;
  return [
    `${restoreTitle(summary)} ${printable(summary.target)} from run ${summary.runId} of ${printable(summary.root)}`,
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

function restoreTitle({ complete, dryRun }: RestoreSummary): string {
  if (dryRun) return complete ? 'Dry run, nothing was changed: would restore' : 'Incomplete dry run: would restore';
  return complete ? 'Restored' : 'Incomplete restore of';
}

/** How a verification is reported. Its findings come before, for they are in its ledger. */
export const verificationReport: ReportKind<VerificationSummary> = {
  summaryOf: (result) => summaryIn(result, failureTypes.verificationFailed) as VerificationSummary | undefined,
  nothing: { files: 0, bytes: 0, intact: 0, failed: 0 },
  lines: verificationLines,
  details: ({ verificationId, report }) => [`  verified  ${verificationId}`, `  report    ${report}`],
  canceled: 'nothing was changed.',
  again: 'The same command goes on with it.',
};

function verificationLines(summary: VerificationSummary, { duration }: ReportContext): string[] {
  const { files, bytes, intact, archived = 0, readBytes, missing, corrupt, extra, unchecked, failed } = summary;
  const unanswered = Math.max(0, failed - missing - corrupt);
  return [
    `${summary.complete ? 'Verified' : 'Not intact:'} run ${summary.runId} of ${printable(summary.root)}`,
    `  files     ${formatCount(files)} (${formatBytes(bytes)})`,
    `  intact    ${formatCount(intact)}`,
    ...(archived > 0 ? [`  archived  ${formatCount(archived)}, which cannot be read now`] : []),
    ...(summary.deep ? [`  read      ${formatBytes(readBytes)}`, `  unchecked ${formatCount(unchecked)}`] : []),
    `  missing   ${formatCount(missing)}`,
    `  corrupt   ${formatCount(corrupt)}`,
    `  extra     ${formatCount(extra)}`,
    `  failed    ${formatCount(unanswered)}`,
    `  duration  ${formatDuration(duration)}`,
  ];
}

/** How a prune is reported. */
export const pruneReport: ReportKind<PruneSummary> = {
  summaryOf: (result) => (result.status === 'Completed' ? (result.output as PruneSummary) : undefined),
  nothing: { deleted: 0, deletedBytes: 0, data: 0, dataBytes: 0 },
  lines: pruneLines,
  details: ({ pruneId, report }) => [`  prune     ${pruneId}`, `  report    ${report}`],
  canceled: 'what was not deleted yet stays, and the next prune goes on with it.',
  again: 'The same command goes on with it.',
};

function pruneLines(summary: PruneSummary, { duration }: ReportContext): string[] {
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
