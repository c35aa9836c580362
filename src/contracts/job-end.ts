/**
 * How one run of a workflow ended; `incomplete`: everything was done that could be, and some items failed; `suspect`: all was done, and
 * what came of it is not what was expected.
 */
export type JobEnding = 'completed' | 'incomplete' | 'suspect' | 'failed' | 'cancelled' | 'continued';

/** What a workflow tells its worker when a run of it ends, for metrics and traces alone. */
export interface JobEnd {
  readonly ending: JobEnding;
  /** The type of its failure. */
  readonly reason?: string;
  /** The span that it was started from, as a traceparent. */
  readonly parent?: string;
}

export const jobEndings = [
  'completed',
  'incomplete',
  'suspect',
  'failed',
  'cancelled',
] as const satisfies readonly JobEnding[];
