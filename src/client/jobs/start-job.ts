import { randomUUID } from 'node:crypto';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { printable } from '../../lib/printable.ts';
import type { JobClient } from './job-client.ts';
import { describe } from './find-jobs.ts';

// The server refuses a longer one: https://docs.temporal.io/self-hosted-guide/defaults
const maxSummaryBytes = 400;

/** Thrown when a job is started under the id of one that has not ended, or that may not be replaced. */
export class JobExistsError extends Error {
  override readonly name = 'JobExistsError';
}

export interface StartOptions {
  /** A new one unless given. */
  readonly instanceId?: string;
  /** Shown in Temporal's Web UI; cut when it is long. */
  readonly summary: string;
  /** Start only where the instance has failed, so that of two who begin it anew one does. */
  readonly afterFailure?: boolean;
  /** Start only where no instance of that id is known, ended or not. */
  readonly once?: boolean;
  /** Kept with the instance for as long as it is known. */
  readonly memo?: Readonly<Record<string, unknown>>;
}

/** Starts a workflow and returns its instance id. Throws {@link JobExistsError}. */
export async function startJob(
  jobClient: JobClient,
  name: string,
  args: readonly unknown[],
  { instanceId, summary, memo, ...conditions }: StartOptions,
): Promise<string> {
  const { client, taskQueue, ask } = jobClient;
  const workflowId = instanceId ?? randomUUID().replaceAll('-', '');
  const settings = {
    taskQueue,
    workflowId,
    args: [...args],
    staticSummary: shortened(printable(summary), maxSummaryBytes),
    workflowIdReusePolicy: reusePolicy(conditions),
    workflowIdConflictPolicy: 'FAIL',
    ...(memo && { memo }),
  } as const;
  try {
    await ask(() => client.workflow.start(name, settings));
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    if (conditions.once === true && (await isForgotten(jobClient, workflowId))) {
      return startJob(jobClient, name, args, { instanceId: workflowId, summary, ...(memo && { memo }) });
    }
    const existing = settings.workflowIdReusePolicy === 'REJECT_DUPLICATE' ? 'exists' : 'is already running';
    throw new JobExistsError(`An instance with the id ${workflowId} ${existing}.`, { cause: error });
  }
  return workflowId;
}

// Temporal refuses an id that it has seen until it has deleted what it was asked to delete.
async function isForgotten({ client, ask, forgotten }: JobClient, workflowId: string): Promise<boolean> {
  const description = await ask(() => describe(client, workflowId));
  return description === undefined || forgotten.has(description.runId);
}

function reusePolicy({ afterFailure = false, once = false }: Pick<StartOptions, 'afterFailure' | 'once'>) {
  if (once) return 'REJECT_DUPLICATE';
  return afterFailure ? 'ALLOW_DUPLICATE_FAILED_ONLY' : 'ALLOW_DUPLICATE';
}

function shortened(text: string, maxBytes: number): string {
  if (Buffer.byteLength(text) <= maxBytes) return text;
  const cut = Buffer.from(text).subarray(0, maxBytes - Buffer.byteLength('…'));
  // A character cut in two decodes to U+FFFD.
  return `${cut.toString().replace(/\uFFFD+$/u, '')}…`;
}
