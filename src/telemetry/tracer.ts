import { trace, type Tracer, ROOT_CONTEXT, TraceFlags, type Context } from '@opentelemetry/api';
import { randomBytes } from 'node:crypto';
import type { IdGenerator } from '@opentelemetry/sdk-trace';
import type { TraceContext } from '../lib/trace-context.ts';

/** What spans are made by. It makes nothing, at next to no cost, unless this process has begun to trace. */
export function tracer(): Tracer {
  return trace.getTracer('durable-backup');
}

/** A context whose spans are below one of another process; below none unless given. */
export function contextOf(parent: TraceContext | undefined): Context {
  if (!parent) return ROOT_CONTEXT;
  const { traceId, spanId, sampled } = parent;
  const traceFlags = sampled ? TraceFlags.SAMPLED : TraceFlags.NONE;
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags, isRemote: true });
}

let given: TraceContext | undefined;

/** The span that `start` begins has this id, and where it has no parent this trace: others have named it their parent already. */
export function withSpanId<T>(own: TraceContext, start: () => T): T {
  given = own;
  try {
    return start();
  } finally {
    given = undefined;
  }
}

/** Random ids, but for a span whose id was given. */
export const spanIds: IdGenerator = {
  generateTraceId: () => given?.traceId ?? randomBytes(16).toString('hex'),
  generateSpanId: () => given?.spanId ?? randomBytes(8).toString('hex'),
};
