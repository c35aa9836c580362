import { printable } from '../../../lib/printable.ts';
import { failureTypes } from '../../../contracts/failures.ts';
import type { VerificationSummary } from '../../../contracts/verification.ts';
import { formatBytes, formatCount, formatDuration } from './format.ts';
import { summaryIn, type ReportContext, type ReportKind } from './report.ts';

/** How a verification is reported. Its findings come before, for they are in its ledger. */
export const verificationReport: ReportKind<VerificationSummary> = {
  summaryOf: (result) => summaryIn(result, failureTypes.verificationFailed) as VerificationSummary | undefined,
  nothing: { files: 0, bytes: 0, intact: 0, failed: 0 },
  lines: summaryLines,
  details: ({ verificationId, report }) => [`  verified  ${verificationId}`, `  report    ${report}`],
  canceled: 'nothing was changed.',
  again: 'The same command goes on with it.',
};

function summaryLines(summary: VerificationSummary, { duration }: ReportContext): string[] {
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
