import type { JobProgress, Page, SliceResult } from '../../contracts/job.ts';

export const startProgress: JobProgress = {
  phase: 'opening',
  suspended: false,
  listed: false,
  totalFiles: 0,
  totalBytes: 0,
  files: 0,
  bytes: 0,
  failed: 0,
};

export function pageListed(progress: JobProgress, page: Page, phase: JobProgress['phase']): JobProgress {
  return {
    ...progress,
    phase,
    listed: page.cursor === undefined,
    totalFiles: progress.totalFiles + page.files,
    totalBytes: progress.totalBytes + page.bytes,
    ...(page.excluded !== undefined && { excluded: (progress.excluded ?? 0) + page.excluded }),
  };
}

export function copied(progress: JobProgress, result: SliceResult): JobProgress {
  return {
    ...progress,
    files: progress.files + result.files,
    bytes: progress.bytes + result.bytes,
    failed: progress.failed + result.failed,
    ...(result.transferred !== undefined && { transferred: (progress.transferred ?? 0) + result.transferred }),
  };
}

/** Puts a tally in the place of what single copies showed: it counts what they cannot, such as copies that failed as a whole. */
export function sealed(progress: JobProgress, shown: SliceResult, tally: SliceResult): JobProgress {
  return {
    ...progress,
    files: progress.files - shown.files + tally.files,
    bytes: progress.bytes - shown.bytes + tally.bytes,
    failed: progress.failed - shown.failed + tally.failed,
  };
}

export function noLongerWaiting(progress: JobProgress): JobProgress {
  const { waitingFor: _, ...rest } = progress;
  return rest;
}
