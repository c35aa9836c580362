import { setCurrentDetails, upsertMemo } from '@temporalio/workflow';
import type { BackupProgress, BatchProgress } from '../shared/contract.ts';

/**
 * Shows where a run stands to those who cannot ask a worker: the memo answers a status poll while no worker is up, and the details
 * are what Temporal's Web UI renders as Markdown. Costs a history event, so it is for milestones, not for every file.
 */
function publish(progress: object, details: readonly string[]): void {
  upsertMemo({ progress });
  setCurrentDetails(details.join('\n'));
}

/** Before the run is open there is nothing to show: `what` says what it is about. */
export function publishPaged(
  what: string | undefined,
  run: { readonly id: string } | undefined,
  progress: BackupProgress,
): void {
  if (what === undefined || run === undefined) return;
  const total = progress.listed ? progress.totalFiles : `${progress.totalFiles}+`;
  publish(progress, [
    `**${progress.suspended ? 'suspended' : progress.phase}** ${what}`,
    '',
    `- \`${run.id}\``,
    `- ${progress.files} of ${total} files, ${progress.bytes} bytes`,
    `- ${progress.failed} failed`,
  ]);
}

export function publishBatch(progress: BatchProgress): void {
  const { total, processed, failed, suspended } = progress;
  publish(progress, [`**${suspended ? 'suspended' : 'processing'}** ${processed} of ${total} items, ${failed} failed`]);
}
