import type { BackupProgress } from '../../shared/contract.ts';

/** How fast a backup goes. */
export interface Pace {
  readonly bytesPerSecond: number;
  readonly filesPerSecond: number;
  /** Milliseconds to go; absent until the whole tree is listed and something has been copied. */
  readonly remaining?: number;
}

const smoothing = 0.3;

/** Makes the function that turns successive looks at a backup into its pace, smoothed so that the estimate does not jump. */
export function createPace(): (progress: BackupProgress, now: number) => Pace {
  let last: { progress: BackupProgress; now: number } | undefined;
  let bytesPerSecond = 0;
  let filesPerSecond = 0;

  return (progress, now) => {
    const seconds = last ? (now - last.now) / 1000 : 0;
    if (last && seconds > 0) {
      const weight = bytesPerSecond + filesPerSecond === 0 ? 1 : smoothing;
      bytesPerSecond += weight * (Math.max(0, progress.bytes - last.progress.bytes) / seconds - bytesPerSecond);
      filesPerSecond += weight * (Math.max(0, progress.files - last.progress.files) / seconds - filesPerSecond);
    }
    last = { progress, now };
    const remaining = progress.listed ? timeLeft(progress, bytesPerSecond, filesPerSecond) : undefined;
    return { bytesPerSecond, filesPerSecond, ...(remaining !== undefined && { remaining }) };
  };
}

// Small files cost by the file and large ones by the byte: the slower of the two is what one waits for.
function timeLeft(progress: BackupProgress, bytesPerSecond: number, filesPerSecond: number): number | undefined {
  if (bytesPerSecond <= 0 || filesPerSecond <= 0) return undefined;
  const bytes = Math.max(0, progress.totalBytes - progress.bytes) / bytesPerSecond;
  const files = Math.max(0, progress.totalFiles - progress.files - progress.failed) / filesPerSecond;
  return 1000 * Math.max(bytes, files);
}
