import type { BackupSummary } from '../../shared/contract.ts';
import { failureTypes } from '../../shared/failures.ts';
import type { JobResult } from '../jobs/job.ts';
import { formatBytes, formatCount, formatDuration, printable } from './format.ts';

/** What a report needs beside the result. */
export interface ReportContext {
  readonly instanceId: string;
  /** Milliseconds since the command began to wait. */
  readonly duration: number;
  /** Where the blobs are, when this process knows the storage account. */
  readonly storageUrl?: string;
  /** How to see the run in Temporal's Web UI. */
  readonly webUi?: string;
}

/** The summary that a backup left, whether or not every file made it. */
function summaryOf(result: JobResult): BackupSummary | undefined {
  if (result.status === 'Completed') return result.output as BackupSummary;
  if (result.status !== 'Failed' || result.failure.type !== failureTypes.backupIncomplete) return undefined;
  return result.failure.details[0] as BackupSummary | undefined;
}

/** One JSON object, for programs. */
export function reportJson(result: JobResult, { instanceId, duration, storageUrl }: ReportContext): string {
  const summary = summaryOf(result);
  const error = errorOf(result);
  return JSON.stringify({
    instanceId,
    status: result.status,
    ...(summary ?? { files: 0, bytes: 0, failed: 0, skipped: 0 }),
    ...(error !== undefined && { error }),
    durationMs: Math.round(duration),
    ...(storageUrl !== undefined && { storageUrl }),
  });
}

/** The one JSON object of a command that has no result to report. */
export function errorJson(status: 'Failed' | 'Interrupted', error: string, instanceId?: string): string {
  return JSON.stringify({ ...(instanceId !== undefined && { instanceId }), status, error });
}

/** Lines for people. */
export function reportText(result: JobResult, context: ReportContext): string {
  const summary = summaryOf(result);
  const lines = summary
    ? summaryLines(summary, context)
    : [errorOf(result) ?? 'Canceled: what was copied stays, and the next backup takes it over.'];
  lines.push(`  instance  ${context.instanceId}`);
  if (context.webUi !== undefined) lines.push(`  history   ${context.webUi}`);
  return lines.join('\n');
}

function summaryLines(summary: BackupSummary, { duration, storageUrl }: ReportContext): string[] {
  const { files, bytes, uploaded, uploadedBytes, adopted, directories, symlinks, skipped, failed } = summary;
  const unnamed = failed - summary.failures.length;
  return [
    `${summary.complete ? 'Backed up' : 'Incomplete backup of'} ${printable(summary.root)}`,
    `  files     ${formatCount(files)} (${formatCount(uploaded)} uploaded, ${formatCount(adopted)} already there)`,
    `  bytes     ${formatCount(bytes)} (${formatBytes(bytes)}; ${formatBytes(uploadedBytes)} uploaded)`,
    `  folders   ${formatCount(directories)}`,
    `  symlinks  ${formatCount(symlinks)}`,
    `  skipped   ${formatCount(skipped)}`,
    `  failed    ${formatCount(failed)}`,
    ...summary.failures.map(({ path, reason }) => `    ${printable(path)}: ${printable(reason)}`),
    ...(unnamed > 0 ? [`    and ${formatCount(unnamed)} more, named in the manifest`] : []),
    `  duration  ${formatDuration(duration)}`,
    ...(storageUrl === undefined ? [] : [`  blobs     ${storageUrl}`]),
    `  manifest  ${summary.manifest}`,
  ];
}

function errorOf(result: JobResult): string | undefined {
  if (result.status === 'Failed') return result.failure.message;
  return result.status === 'Terminated' ? `Terminated: ${result.reason}` : undefined;
}
