import { printableLines } from '../../../lib/printable.ts';
import { SingleBar } from 'cli-progress';
import type { JobProgress } from '../../../contracts/job.ts';
import { createPace } from './pace.ts';
import { lineWithin, stateOf, wholeLine, type PhaseWords } from './progress-line.ts';

/** Shows progress while a command waits. */
export interface ProgressDisplay {
  show(progress: JobProgress): void;
  /** Writes a line that stays. */
  note(line: string): void;
  /** Leaves the terminal ready for what follows. */
  close(): void;
}

export const noDisplay: ProgressDisplay = { show: () => undefined, note: () => undefined, close: () => undefined };

const usualColumns = 80;

/** A line that redraws itself; for terminals. */
export function createBar(stream: NodeJS.WriteStream, words: PhaseWords = {}): ProgressDisplay {
  const pace = createPace();
  let text = 'starting';
  const bar = new SingleBar({
    stream,
    format: () => text,
    hideCursor: true,
    clearOnComplete: true,
    linewrap: false,
  });
  const draw = () => bar.start(1, 0);
  draw();
  return {
    show(progress) {
      // A terminal that does not tell its width has none.
      text = lineWithin(progress, pace(progress, performance.now()), words, stream.columns || usualColumns);
      bar.update(0);
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
      const text = wholeLine(progress, pace(progress, now), words);
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
