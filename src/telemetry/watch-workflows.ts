import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import type { InjectedSinks } from '@temporalio/worker';
import type { JobEnd } from '../contracts/job.ts';
import { parseTraceparent, traceOfRun } from '../lib/trace-context.ts';
import type { TelemetrySinks } from '../workflows/telemetry.ts';
import type { JobMetrics } from './job-metrics.ts';
import { contextOf, withSpanId, tracer } from './tracer.ts';

/** Hears of the end of each run of a workflow: counts it, and makes the span that its activities are below. */
export function watchWorkflows(metrics: JobMetrics | undefined): InjectedSinks<TelemetrySinks> {
  return {
    telemetry: {
      ended: {
        fn: (info, end) => {
          const { workflowType, workflowId, runId, startTime, runStartTime } = info;
          metrics?.jobEnded(workflowType, end, (Date.now() - startTime.getTime()) / 1000);
          endSpan({ workflowType, workflowId, runId, startedAt: runStartTime }, end);
        },
      },
    },
  };
}

interface WorkflowRun {
  readonly workflowType: string;
  readonly workflowId: string;
  readonly runId: string;
  readonly startedAt: Date;
}

function endSpan(
  { workflowType, workflowId, runId, startedAt }: WorkflowRun,
  { ending, reason, parent }: JobEnd,
): void {
  const above = parseTraceparent(parent);
  const own = traceOfRun(runId, above);
  if (!own) return;
  const span = withSpanId(own, () =>
    tracer().startSpan(
      `workflow ${workflowType}`,
      {
        kind: SpanKind.INTERNAL,
        startTime: startedAt,
        attributes: {
          'temporal.workflow.id': workflowId,
          'temporal.run.id': runId,
          'durable_backup.ending': ending,
          ...(reason !== undefined && { 'error.type': reason }),
        },
      },
      contextOf(above),
    ),
  );
  if (ending !== 'completed' && ending !== 'cancelled' && ending !== 'continued')
    span.setStatus({ code: SpanStatusCode.ERROR });
  span.end();
}
