import { setHandler } from '@temporalio/workflow';
import { progressQuery } from './messages.ts';

/** Keeps the progress of the running workflow and answers queries for it. */
export interface ProgressReport<P> {
  readonly now: () => P;
  /** Applies a step that shows in queries alone; for what happens often. */
  readonly advance: (step: (now: P) => P) => void;
  /** Applies a step that is published too. */
  readonly milestone: (step: (now: P) => P) => void;
}

/** `publish` shows a milestone to those who cannot ask a worker. */
export function createProgressReport<P>(progress: P, publish: (progress: P) => void): ProgressReport<P> {
  setHandler(progressQuery, () => progress);
  const advance = (step: (now: P) => P) => void (progress = step(progress));
  return {
    now: () => progress,
    advance,
    milestone: (step) => {
      advance(step);
      publish(progress);
    },
  };
}
