import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import type { RequestObserver } from '../storage/observe-requests.ts';
import { tracer } from './tracer.ts';

/** Makes a span of each request to the storage account, below whatever asks for it. */
export const traceRequests: RequestObserver = ({ operation, action, sent }) => {
  const attributes = { 'durable_backup.action': action, ...(sent > 0 && { 'http.request.body.size': sent }) };
  const span = tracer().startSpan(`storage ${operation}`, { kind: SpanKind.CLIENT, attributes });
  return ({ outcome, received }) => {
    span.setAttribute('durable_backup.outcome', outcome);
    if (received > 0) span.setAttribute('http.response.body.size', received);
    if (outcome === 'locked' || outcome === 'refused' || outcome === 'unavailable')
      span.setStatus({ code: SpanStatusCode.ERROR });
    span.end();
  };
};
