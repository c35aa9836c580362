import { context, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { Request, RequestHandler, Response } from 'express';
import { addLogFields, isQuietPath } from './request-log.ts';

/** Told how a request was answered; seconds. */
export type OnAnswered = (method: string, status: number, seconds: number) => void;

const serverError = 500;

/** Makes a span of each request, below the caller's if it sent one, and tells `onAnswered` of it. Probes and scrapes are left out. */
export function requestSpan(onAnswered: OnAnswered = () => undefined): RequestHandler {
  return (request, response, next) => {
    if (isQuietPath(request.url)) {
      next();
      return;
    }
    const beganAt = performance.now();
    const above = propagation.extract(context.active(), request.headers);
    const { method } = request;
    const attributes = { 'http.request.method': method };
    const span = trace.getTracer('durable-backup').startSpan(method, { kind: SpanKind.SERVER, attributes }, above);
    if (span.isRecording()) addLogFields(response, { traceId: span.spanContext().traceId });
    response.once('close', () => {
      onAnswered(method, response.statusCode, (performance.now() - beganAt) / 1000);
      span.updateName(`${method} ${routeOf(request, response)}`);
      span.setAttribute('http.response.status_code', response.statusCode);
      if (response.statusCode >= serverError) span.setStatus({ code: SpanStatusCode.ERROR });
      span.end();
    });
    context.with(trace.setSpan(above, span), next);
  };
}

// The pattern that was matched: paths hold ids, and what names a span must be one of few.
function routeOf(request: Request, response: Response): string {
  const route = (request as { route?: { path?: unknown } }).route?.path;
  if (typeof route !== 'string' || response.statusCode === 404) return 'unknown';
  return `${request.baseUrl}${route === '/' ? '' : route}`.replace(/^$/u, '/');
}
