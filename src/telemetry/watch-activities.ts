import { context, SpanKind, SpanStatusCode, trace, type Attributes } from '@opentelemetry/api';
import type { Info } from '@temporalio/activity';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import type {
  ActivityExecuteInput,
  ActivityInboundCallsInterceptor,
  ActivityInterceptorsFactory,
} from '@temporalio/worker';
import type { CommittedRun } from '../contracts/backup.ts';
import { traceOfRun, traceOf } from '../lib/trace-context.ts';
import type { JobMetrics } from './job-metrics.ts';
import { contextOf, tracer } from './tracer.ts';

/** What the lines that an activity logs say besides what the SDK puts there. */
interface LogFields {
  readonly run?: string;
  readonly traceId?: string;
}

/**
 * Counts what activities do, and puts each below the span of its workflow, so that requests to storage come below the activity. What an
 * activity logs says which job and run it is of, and its trace where there is one.
 */
export function watchActivities(metrics: JobMetrics | undefined): ActivityInterceptorsFactory {
  return ({ info }) => {
    let fields: LogFields = {};
    return {
      inbound: watch(info, metrics, (found) => (fields = found)),
      outbound: {
        getLogAttributes: (input, next) =>
          next({ ...input, instanceId: info.workflowExecution?.workflowId, ...fields }),
      },
    };
  };
}

function watch(
  info: Info,
  metrics: JobMetrics | undefined,
  onFields: (fields: LogFields) => void,
): ActivityInboundCallsInterceptor {
  const { activityType } = info;
  return {
    async execute(input, next) {
      const { span, above, run } = startSpan(info, input);
      const traceId = span.isRecording() && { traceId: span.spanContext().traceId };
      onFields({ ...(run !== undefined && { run }), ...traceId });
      try {
        const result = await context.with(trace.setSpan(above, span), () => next(input));
        if (activityType === 'commitRun') metrics?.committed((result as CommittedRun).tally);
        return result;
      } catch (error) {
        if (!(error instanceof CancelledFailure)) {
          metrics?.activityFailed(activityType, reasonOf(error));
          span.setStatus({ code: SpanStatusCode.ERROR, message: (error as Error).message });
        }
        throw error;
      } finally {
        span.end();
      }
    },
  };
}

function startSpan(info: Info, { headers, args }: ActivityExecuteInput) {
  const above = contextOf(traceOf(headers) ?? traceOfRun(info.workflowExecution?.runId ?? ''));
  const run = runIn(args);
  const options = { kind: SpanKind.CONSUMER, attributes: attributesOf(info, run) };
  return { above, run, span: tracer().startSpan(`activity ${info.activityType}`, options, above) };
}

function attributesOf({ workflowExecution, activityId, attempt }: Info, run: string | undefined): Attributes {
  return {
    'temporal.workflow.id': workflowExecution?.workflowId,
    'temporal.run.id': workflowExecution?.runId,
    'temporal.activity.id': activityId,
    'temporal.activity.attempt': attempt,
    'durable_backup.run': run,
  };
}

/** The id of the backup, restore or verification that an activity is part of: its first argument is what was fixed of it. */
function runIn([first]: readonly unknown[]): string | undefined {
  if (typeof first !== 'object' || first === null || !('id' in first)) return undefined;
  return typeof first.id === 'string' ? first.id : undefined;
}

function reasonOf(error: unknown): string {
  return error instanceof ApplicationFailure ? (error.type ?? '') : '';
}
