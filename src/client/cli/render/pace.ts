import type { JobProgress } from '../../../contracts/job.ts';

/** How fast a backup goes. */
export interface Pace {
  readonly bytesPerSecond: number;
  readonly filesPerSecond: number;
  /** Milliseconds to go; absent until the whole tree is listed, and while too little moves to tell. */
  readonly remaining?: number;
}

// Looks older than this many seconds hardly count any more.
const memory = 10;
// Small files cost by the file and large ones by the byte: a file counts as this many bytes besides its own.
const bytesPerFile = 64 * 1024;
const longestGuess = 30 * 24 * 60 * 60 * 1000;

/** Makes the function that turns successive looks at a backup into its pace, smoothed so that the estimate does not jump. */
export function createPace(): (progress: JobProgress, now: number) => Pace {
  let last: { progress: JobProgress; now: number } | undefined;
  let bytesPerSecond = 0;
  let filesPerSecond = 0;

  return (progress, now) => {
    const seconds = last ? (now - last.now) / 1000 : 0;
    if (last && seconds > 0) {
      const weight = bytesPerSecond + filesPerSecond === 0 ? 1 : 1 - Math.exp(-seconds / memory);
      bytesPerSecond += weight * (Math.max(0, progress.bytes - last.progress.bytes) / seconds - bytesPerSecond);
      filesPerSecond += weight * (Math.max(0, progress.files - last.progress.files) / seconds - filesPerSecond);
    }
    last = { progress, now };
    const remaining = timeLeft(progress, bytesPerSecond + filesPerSecond * bytesPerFile);
    return { bytesPerSecond, filesPerSecond, ...(remaining !== undefined && { remaining }) };
  };
}

function timeLeft(progress: JobProgress, costPerSecond: number): number | undefined {
  if (!progress.listed) return undefined;
  const bytes = Math.max(0, progress.totalBytes - progress.bytes);
  const files = Math.max(0, progress.totalFiles - progress.files - progress.failed);
  const milliseconds = (1000 * (bytes + files * bytesPerFile)) / costPerSecond;
  return milliseconds <= longestGuess ? milliseconds : undefined;
}
