import { readFailedBackups } from '../runs/failed-backups.ts';
import { readRunning, type Running } from '../runs/running-mark.ts';
import type { FailedBackup } from '../../contracts/backup.ts';
import type { BlobStore } from '../../storage/blob-store.ts';
import { listRunInfos } from './list-run-infos.ts';
import type { RunInfo } from './run-info.ts';

/** The newest runs of a directory, as far back as the last success. */
export interface NewestRuns {
  /** The newest complete run that is not forgotten. */
  readonly lastSuccess?: RunInfo;
  /** The newest run that has ended. */
  readonly lastEnded?: RunInfo;
  /** Runs that have ended since the last success. */
  readonly failuresSince: number;
  /** The backup that was begun last, when it has not made a complete run of it: it is under way, or was stopped. */
  readonly begun?: Running;
  /** Backups that failed since the last success without leaving a manifest, oldest first: the last hundred. */
  readonly failedBackups: readonly FailedBackup[];
  /** The oldest run that has ended since the last success. */
  readonly firstFailed?: RunInfo;
}

/** Reads manifests from the newest on until it meets a complete one. */
export async function newestRuns(
  store: BlobStore,
  { prefix, root }: { readonly prefix: string; readonly root: string },
  signal: AbortSignal,
): Promise<NewestRuns> {
  const failed: RunInfo[] = [];
  let lastSuccess: RunInfo | undefined;
  for await (const info of listRunInfos(store, prefix, { root, endedOnly: true }, signal)) {
    if (info.state === 'complete') {
      lastSuccess = info;
      break;
    }
    failed.push(info);
  }
  const lastEnded = failed[0] ?? lastSuccess;
  const firstFailed = failed.at(-1);
  const begun = await readRunning(store, { prefix, root }, signal);
  const failedBackups = await readFailedBackups(store, { prefix, root }, signal);
  return {
    ...(lastSuccess && { lastSuccess }),
    ...(lastEnded && { lastEnded }),
    failuresSince: failed.length,
    failedBackups: failedBackups.filter(({ at }) => isSince(at, lastSuccess)),
    ...(firstFailed && { firstFailed }),
    ...(begun && isOpen(begun, lastSuccess) && { begun }),
  };
}

/** Whether something failed after the last success. */
export function isSince(at: string, lastSuccess: RunInfo | undefined): boolean {
  return at > (lastSuccess?.finishedAt ?? '');
}

function isOpen({ run }: Running, lastSuccess: RunInfo | undefined): boolean {
  return lastSuccess === undefined || run > lastSuccess.run;
}
