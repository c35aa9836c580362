import {
  condition,
  isCancellation,
  setCurrentDetails,
  setHandler,
  upsertMemo,
  workflowInfo,
} from '@temporalio/workflow';
import { printable } from '../../lib/printable.ts';
import { progressQuery } from '../messages.ts';

/** Keeps the progress of the running workflow, and publishes it for those who follow it: nobody has to ask the workflow. */
export interface ProgressReport<P> {
  readonly now: () => P;
  /** Applies a step that is published within {@link quietAfter}; for what happens often. */
  readonly advance: (step: (now: P) => P) => void;
  /** Applies a step that is published at once; for what happens seldom. */
  readonly milestone: (step: (now: P) => P) => void;
}

/** Milliseconds between two publications, but for milestones. */
const publishEvery = 1000;
/** Milliseconds after which a step is published though nothing has followed it. */
const quietAfter = 2000;

/**
 * `publish` shows where the job stands; each time costs one event of the history, and starting and cancelling a timer up to two more. So
 * steps that follow each other fast are published together, and a job costs less than four events a second and four a step.
 */
export function createProgressReport<P>(progress: P, publish: (progress: P) => void): ProgressReport<P> {
  let shown: P | undefined;
  let shownAt = 0;
  let publications = 0;
  let catchingUp = false;
  setHandler(progressQuery, () => progress);

  const show = () => {
    publish(progress);
    shown = progress;
    shownAt = Date.now();
    publications += 1;
  };
  const isBehind = () => shown !== progress;
  const catchUp = async () => {
    catchingUp = true;
    try {
      while (isBehind()) {
        const before = publications;
        const overtaken = await condition(() => publications > before, quietAfter);
        if (!overtaken) show();
      }
    } catch (error) {
      // A job that is being cancelled has no timers any more; what is left of it is published with its next step.
      if (!isCancellation(error)) throw error;
    } finally {
      catchingUp = false;
    }
  };
  const advance = (step: (now: P) => P) => {
    progress = step(progress);
    if (Date.now() - shownAt >= publishEvery) show();
    else if (!catchingUp) void catchUp();
  };

  // What continues as new has begun before, and a job of which nothing is known yet may be one that no worker has taken up.
  if (workflowInfo().memo?.['progress'] === undefined) {
    upsertMemo({ progress });
    shown = progress;
    shownAt = Date.now();
  }
  return {
    now: () => progress,
    advance,
    milestone: (step) => {
      progress = step(progress);
      show();
    },
  };
}

/** How a job continues as new that takes this along: by itself the new run would begin with the memo of the first start. */
export function published({ progress }: { readonly progress: unknown }) {
  return { memo: { ...workflowInfo().memo, progress } };
}

/**
 * Shows where a run stands to those who cannot ask a worker: the memo answers a status poll while no worker is up, and the details
 * are what Temporal's Web UI renders as Markdown.
 */
export function publish(progress: object, details: readonly string[]): void {
  upsertMemo({ progress });
  setCurrentDetails(details.map(printable).join('\n'));
}
