import { patched, setCurrentDetails, upsertMemo } from '@temporalio/workflow';
import type { JobProgress } from '../../contracts/job.ts';
import type { BatchProgress } from '../../contracts/orders.ts';
import type { Notice, NotifyProgress } from '../../contracts/notice.ts';
import { printable } from '../../lib/printable.ts';
import type { ScheduledProgress } from '../../contracts/scheduled.ts';

/**
 * Shows where a run stands to those who cannot ask a worker: the memo answers a status poll while no worker is up, and the details
 * are what Temporal's Web UI renders as Markdown. Costs a history event, so it is for milestones, not for every file.
 */
function publish(progress: object, details: readonly string[]): void {
  upsertMemo({ progress });
  setCurrentDetails(details.map(printable).join('\n'));
}

/** `what` says what the job is about; before its run is open that is not known. */
export function publishPaged(
  what: string | undefined,
  run: { readonly id: string } | undefined,
  progress: JobProgress,
): void {
  // Only a suspension can be news so early; earlier versions did not publish it.
  if (what === undefined || run === undefined) {
    if (patched('publish-before-open')) publish(progress, [`**${stateOf(progress)}**`]);
    return;
  }
  const total = progress.listed ? progress.totalFiles : `${progress.totalFiles}+`;
  publish(progress, [
    `**${stateOf(progress)}** ${what}`,
    '',
    `- \`${run.id}\``,
    `- ${progress.files} of ${total} files, ${progress.bytes} bytes`,
    `- ${progress.failed} failed`,
  ]);
}

function stateOf({ suspended, phase }: JobProgress): string {
  return suspended ? 'suspended' : phase;
}

export function publishBatch(progress: BatchProgress): void {
  const { total, processed, failed, suspended } = progress;
  publish(progress, [`**${suspended ? 'suspended' : 'processing'}** ${processed} of ${total} items, ${failed} failed`]);
}

export function publishScheduled(source: string, progress: ScheduledProgress): void {
  const { suspended, phase, instanceId } = progress;
  const job = instanceId === undefined ? [] : ['', `- \`${instanceId}\``];
  publish(progress, [`**${suspended ? 'suspended' : phase}** source \`${source}\``, ...job]);
}

export function publishNotice({ text }: Notice, progress: NotifyProgress): void {
  const { suspended, targets, delivered, failed } = progress;
  const state = suspended ? 'suspended' : 'telling';
  publish(progress, [`**${state}** ${text}`, '', `- ${delivered} of ${targets} told, ${failed} failed`]);
}
