import { defaultPayloadConverter, type Headers } from '@temporalio/common';

/** Where a span stands among others, as it travels between processes: https://www.w3.org/TR/trace-context/ */
export interface TraceContext {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** 16 hexadecimal digits. */
  readonly spanId: string;
  /** Whether somebody wants the trace. */
  readonly sampled: boolean;
}

export function formatTraceparent({ traceId, spanId, sampled }: TraceContext): string {
  return `00-${traceId}-${spanId}-${sampled ? '01' : '00'}`;
}

/** Undefined for what is not the header's value of a valid span. */
export function parseTraceparent(text: unknown): TraceContext | undefined {
  const [, traceId, spanId, flags] =
    /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})$/u.exec(String(text)) ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined;
  return { traceId, spanId, sampled: Number.parseInt(flags, 16) % 2 === 1 };
}

/**
 * The span of one run of a workflow. Its id is the second half of the run's, which is random, so that workflow and worker know it without
 * asking each other. A run that came without a trace, as from a schedule, has one of its own by its id. Undefined where that is no UUID.
 */
export function traceOfRun(runId: string, parent?: TraceContext): TraceContext | undefined {
  const digits = runId.replaceAll('-', '').toLowerCase();
  if (!/^[0-9a-f]{32}$/u.test(digits)) return undefined;
  return { traceId: parent?.traceId ?? digits, spanId: digits.slice(16), sampled: parent?.sampled ?? true };
}

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
