import type { Client } from '@temporalio/client';
import { bytesUnderWay, publishedProgress, type Execution } from './execution.ts';

/** Milliseconds for which no less is shown than before: as long as a copy that has ended may be missing in what its job published. */
const heldFor = 3000;

interface Shown {
  readonly bytes: number;
  /** By `performance.now()`. */
  readonly at: number;
}

/**
 * Where running jobs stand: what they published last, with the bytes that their copies have reported since by heartbeat. Both come with
 * a job's description, so no job is ever asked. Between a copy's last heartbeat and its job's next publication its bytes are in neither;
 * for that time what was shown last is shown again.
 */
export class LiveProgress {
  // In the order in which they were shown.
  readonly #shown = new Map<string, Shown>();

  /** Null when the job has published nothing. `execution` is a description from just now, or a list's entry, which knows of no heartbeats. */
  async of(client: Client, execution: Execution): Promise<unknown> {
    const progress = publishedProgress(execution);
    if (execution.status.name !== 'RUNNING' || !countsBytes(progress)) return progress;
    const underWay = await bytesUnderWay(client, execution);
    const bytes = this.#atLeastBefore(execution.runId, progress.bytes + underWay);
    const transferred = (progress.transferred ?? 0) + underWay;
    return { ...progress, bytes, ...(transferred > 0 && { transferred }) };
  }

  #atLeastBefore(runId: string, bytes: number): number {
    const now = performance.now();
    for (const [id, { at }] of this.#shown) {
      if (at > now - heldFor) break;
      this.#shown.delete(id);
    }
    const before = this.#shown.get(runId);
    if (before && before.bytes > bytes) return before.bytes;
    this.#shown.delete(runId);
    this.#shown.set(runId, { bytes, at: now });
    return bytes;
  }
}

function countsBytes(progress: unknown): progress is { readonly bytes: number; readonly transferred?: number } {
  return typeof (progress as { bytes?: unknown } | null)?.bytes === 'number';
}
