import { defaultPayloadConverter, type Headers } from '@temporalio/common';
import { formatTraceparent, parseTraceparent, type TraceContext } from './trace-context.ts';

// The SDKs of other languages have it there too.
const name = '_tracer-data';

/** The headers of one of Temporal's calls with the trace that it belongs to. */
export function withTrace(headers: Headers, trace: TraceContext): Headers {
  return { ...headers, [name]: defaultPayloadConverter.toPayload({ traceparent: formatTraceparent(trace) }) };
}

/** The trace that such a call belongs to; undefined where nobody traces. */
export function traceOf(headers: Headers): TraceContext | undefined {
  const payload = headers[name];
  if (!payload) return undefined;
  return parseTraceparent(defaultPayloadConverter.fromPayload<{ readonly traceparent?: string }>(payload).traceparent);
}
