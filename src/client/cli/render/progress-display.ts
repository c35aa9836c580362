import { printable, printableLines } from '../../../lib/printable.ts';
import { SingleBar } from 'cli-progress';
import type { JobProgress } from '../../../contracts/job.ts';
import { formatBytes, formatCount, formatDuration } from './format.ts';
import { createPace, type Pace } from './pace.ts';

/** Shows progress while a command waits. */
export interface ProgressDisplay {
  show(progress: JobProgress): void;
  /** Writes a line that stays. */
  note(line: string): void;
  /** Leaves the terminal ready for what follows. */
  close(): void;
}

/** What the phases of a job are called, where not as those of a backup. */
export type PhaseWords = Readonly<Partial<Record<JobProgress['phase'], string>>>;

export const noDisplay: ProgressDisplay = { show: () => undefined, note: () => undefined, close: () => undefined };

/** A bar that redraws itself; for terminals. */
export function createBar(stream: NodeJS.WriteStream, words: PhaseWords = {}): ProgressDisplay {
  const pace = createPace();
  const bar = new SingleBar({
    stream,
    format: '{bar} {percent} | {text}',
    barsize: 24,
    hideCursor: true,
    clearOnComplete: true,
    linewrap: false,
  });
  let share = 0;
  let labels = { percent: '0%', text: 'starting' };
  const draw = () => bar.start(1, share, labels);
  draw();
  return {
    show(progress) {
      share = shareDone(progress);
      labels = {
        percent: `${Math.floor(share * 100)}%`,
        text: describe(progress, pace(progress, performance.now()), words),
      };
      bar.update(share, labels);
    },
    note(line) {
      // The bar would otherwise draw over the line, or clear it in the end.
      bar.stop();
      stream.write(`${printableLines(line)}\n`);
      draw();
    },
    close: () => bar.stop(),
  };
}

/** One line now and then; for logs and pipes. */
export function createLines(
  write: (line: string) => void,
  { every = 5000, words = {} }: { every?: number; words?: PhaseWords } = {},
): ProgressDisplay {
  const pace = createPace();
  let due = 0;
  let shown = '';
  return {
    show(progress) {
      const now = performance.now();
      const text = describe(progress, pace(progress, now), words);
      // A new phase is news at once.
      if (now < due && stateOf(progress, words) === shown) return;
      write(text);
      due = now + every;
      shown = stateOf(progress, words);
    },
    note: (line) => write(printableLines(line)),
    close: () => undefined,
  };
}

function stateOf({ suspended, phase, waitingFor }: JobProgress, words: PhaseWords): string {
  if (suspended) return 'suspended';
  const word = words[phase] ?? phase;
  if (phase === 'waiting' && waitingFor !== undefined) return `waiting for ${printable(waitingFor)}`;
  return waitingFor === undefined ? word : `${word}, waiting for a worker of ${printable(waitingFor)}`;
}

// Nothing has been counted yet.
const uncounted: readonly JobProgress['phase'][] = ['opening', 'waiting', 'marking'];

function describe(
  progress: JobProgress,
  { bytesPerSecond, filesPerSecond, remaining }: Pace,
  words: PhaseWords,
): string {
  if (uncounted.includes(progress.phase)) return stateOf(progress, words);
  const more = progress.listed ? '' : '+';
  const parts = [
    stateOf(progress, words),
    `${formatCount(progress.files)} of ${formatCount(progress.totalFiles)}${more} files`,
    `${formatBytes(progress.bytes)} of ${formatBytes(progress.totalBytes)}${more}`,
  ];
  if (bytesPerSecond + filesPerSecond > 0)
    parts.push(`${formatBytes(bytesPerSecond)}/s, ${formatCount(Math.round(filesPerSecond))} files/s`);
  const { retrying } = progress;
  if (retrying) parts.push(`${formatCount(retrying.activities)} trying again: ${printable(retrying.reason)}`);
  if (progress.failed > 0) parts.push(`${formatCount(progress.failed)} failed`);
  if (remaining !== undefined && progress.phase === 'copying') parts.push(`${formatDuration(remaining)} left`);
  return parts.join(' | ');
}

function shareDone({ phase, files, failed, totalFiles, bytes, totalBytes }: JobProgress): number {
  if (phase === 'done') return 1;
  const shares = [totalFiles > 0 ? (files + failed) / totalFiles : 0, totalBytes > 0 ? bytes / totalBytes : 1];
  return Math.min(...shares, 0.99);
}
