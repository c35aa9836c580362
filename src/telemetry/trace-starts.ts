import { SpanKind, SpanStatusCode, TraceFlags, type Span } from '@opentelemetry/api';
import type { WorkflowClientInterceptor } from '@temporalio/client';
import type { TraceContext } from '../lib/trace-context.ts';
import { withTrace } from '../lib/trace-context.ts';
import { tracer } from './tracer.ts';

const noTrace = '0'.repeat(32);

/** Sends the trace along with the start of a workflow. Where nobody traces, the start is as it would be without. */
export const traceStarts: WorkflowClientInterceptor = {
  async startWithDetails(input, next) {
    const attributes = { 'temporal.workflow.id': input.options.workflowId };
    const span = tracer().startSpan(`start ${input.workflowType}`, { kind: SpanKind.PRODUCER, attributes });
    const own = placeOf(span);
    try {
      return await next(own ? { ...input, headers: withTrace(input.headers, own) } : input);
    } catch (error) {
      span.setStatus({ code: SpanStatusCode.ERROR, message: (error as Error).message });
      throw error;
    } finally {
      span.end();
    }
  },
};

function placeOf(span: Span): TraceContext | undefined {
  const { traceId, spanId, traceFlags } = span.spanContext();
  if (traceId === noTrace) return undefined;
  return { traceId, spanId, sampled: (traceFlags & TraceFlags.SAMPLED) !== 0 };
}
