import { SingleBar } from 'cli-progress';
import type { BackupProgress } from '../../shared/contract.ts';
import { formatBytes, formatCount, formatDuration } from './format.ts';
import { createPace, type Pace } from './pace.ts';

/** Shows progress while a command waits. */
export interface ProgressDisplay {
  show(progress: BackupProgress): void;
  /** Leaves the terminal ready for what follows. */
  close(): void;
}

export const noDisplay: ProgressDisplay = { show: () => undefined, close: () => undefined };

/** A bar that redraws itself; for terminals. */
export function createBar(stream: NodeJS.WriteStream): ProgressDisplay {
  const pace = createPace();
  const bar = new SingleBar({
    stream,
    format: '{bar} {percent} | {text}',
    barsize: 24,
    hideCursor: true,
    clearOnComplete: true,
    linewrap: false,
  });
  bar.start(1, 0, { percent: '', text: 'starting' });
  return {
    show(progress) {
      const share = shareDone(progress);
      bar.update(share, {
        percent: `${Math.floor(share * 100)}%`,
        text: describe(progress, pace(progress, performance.now())),
      });
    },
    close: () => bar.stop(),
  };
}

/** One line now and then; for logs and pipes. */
export function createLines(write: (line: string) => void, every = 5000): ProgressDisplay {
  const pace = createPace();
  let due = 0;
  let shown = '';
  return {
    show(progress) {
      const now = performance.now();
      const text = describe(progress, pace(progress, now));
      // A new phase is news at once.
      if (now < due && progress.phase === shown) return;
      write(text);
      due = now + every;
      shown = progress.phase;
    },
    close: () => undefined,
  };
}

function describe(progress: BackupProgress, { bytesPerSecond, filesPerSecond, remaining }: Pace): string {
  const more = progress.listed ? '' : '+';
  const parts = [
    progress.suspended ? 'suspended' : progress.phase,
    `${formatCount(progress.files)} of ${formatCount(progress.totalFiles)}${more} files`,
    `${formatBytes(progress.bytes)} of ${formatBytes(progress.totalBytes)}${more}`,
    `${formatBytes(Math.round(bytesPerSecond))}/s, ${formatCount(Math.round(filesPerSecond))} files/s`,
  ];
  if (progress.failed > 0) parts.push(`${formatCount(progress.failed)} failed`);
  if (remaining !== undefined && progress.phase === 'copying') parts.push(`${formatDuration(remaining)} left`);
  return parts.join(' | ');
}

function shareDone({ phase, files, failed, totalFiles, bytes, totalBytes }: BackupProgress): number {
  if (phase === 'done') return 1;
  const shares = [totalFiles > 0 ? (files + failed) / totalFiles : 0, totalBytes > 0 ? bytes / totalBytes : 1];
  return Math.min(...shares, 0.99);
}
