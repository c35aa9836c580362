import { setCurrentDetails, upsertMemo } from '@temporalio/workflow';
import type { BackupProgress, Run } from '../shared/contract.ts';

/**
 * Shows where a run stands to those who cannot ask a worker: the memo answers a status poll while no worker is up, and the details
 * are what Temporal's Web UI renders as Markdown. Costs a history event, so it is for milestones, not for every file.
 */
export function publish(run: Run, progress: BackupProgress): void {
  upsertMemo({ progress });
  const total = progress.listed ? progress.totalFiles : `${progress.totalFiles}+`;
  setCurrentDetails(
    [
      `**${progress.suspended ? 'suspended' : progress.phase}** \`${run.root}\` → container \`${run.container}\``,
      '',
      `- run \`${run.id}\``,
      `- ${progress.files} of ${total} files, ${progress.bytes} bytes`,
      `- ${progress.failed} failed`,
    ].join('\n'),
  );
}
