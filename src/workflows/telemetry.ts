import {
  ApplicationFailure,
  ContinueAsNew,
  isCancellation,
  proxySinks,
  TemporalFailure,
  workflowInfo,
  type Headers,
  type Sinks,
  type WorkflowInterceptorsFactory,
} from '@temporalio/workflow';
import { failureTypes } from '../contracts/failures.ts';
import type { JobEnd } from '../contracts/job.ts';
import { describeError } from '../lib/describe-error.ts';
import { formatTraceparent, traceOfRun, type TraceContext, traceOf, withTrace } from '../lib/trace-context.ts';

/** What the worker is told, outside the workflow; it can answer nothing. */
export interface TelemetrySinks extends Sinks {
  readonly telemetry: { ended(end: JobEnd): void };
}

const { telemetry } = proxySinks<TelemetrySinks>();

const incomplete: readonly string[] = [
  failureTypes.backupIncomplete,
  failureTypes.restoreIncomplete,
  failureTypes.batchIncomplete,
];

/**
 * Passes the trace that a run was started with on to its activities and children, tells the worker how it ended, and the log what it
 * failed with. None of it asks Temporal for anything, so what was recorded without it replays with it. Without a trace nothing is added to the history.
 */
export const interceptors: WorkflowInterceptorsFactory = () => {
  let parent: TraceContext | undefined;
  let failure: unknown;
  const passOn = <T extends { readonly headers: Headers }>(input: T): T => {
    const own = parent && traceOfRun(workflowInfo().runId, parent);
    return own ? { ...input, headers: withTrace(input.headers, own) } : input;
  };
  const end = (what: JobEnd) => telemetry.ended({ ...what, ...(parent && { parent: formatTraceparent(parent) }) });
  return {
    inbound: [
      {
        async execute(input, next) {
          parent = traceOf(input.headers);
          try {
            const result = await next(input);
            end({ ending: 'completed' });
            return result;
          } catch (error) {
            const ended = endOf(error);
            if (ended) end(ended);
            failure = describeError(error);
            throw error;
          }
        },
      },
    ],
    outbound: [
      {
        scheduleActivity: (input, next) => next(passOn(input)),
        startChildWorkflowExecution: (input, next) => next(passOn(input)),
        continueAsNew: (input, next) => next(passOn(input)),
        getLogAttributes: (input, next) => next(failure === undefined ? input : { ...input, failure }),
      },
    ],
  };
};

/** Undefined where the run does not end: whatever else is thrown is a bug, and Temporal tries the task again. */
function endOf(error: unknown): JobEnd | undefined {
  if (error instanceof ContinueAsNew) return { ending: 'continued' };
  if (isCancellation(error)) return { ending: 'cancelled' };
  if (!(error instanceof TemporalFailure)) return undefined;
  const reason = typeOf(error);
  if (reason === failureTypes.backupSuspect) return { ending: 'suspect', reason };
  return { ending: incomplete.includes(reason) ? 'incomplete' : 'failed', reason };
}

// What an activity failed with is the cause of the failure that the workflow sees.
function typeOf(error: TemporalFailure): string {
  const failure = error instanceof ApplicationFailure ? error : error.cause;
  return failure instanceof ApplicationFailure ? (failure.type ?? '') : '';
}
