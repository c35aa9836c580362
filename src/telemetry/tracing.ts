import { context, diag, DiagLogLevel, propagation, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import type { Logger } from 'pino';
import type { Config } from '../config.ts';
import { traceFile } from './trace-file.ts';
import { spanIds } from './span-context.ts';

// Large enough for what a worker does between two exports; what does not fit is left out of the trace.
const mostWaiting = 65_536;

/**
 * Lets this process trace: everything that asks OpenTelemetry for a tracer makes spans from now on. The returned function sends what is
 * left, and ends it. Throws an {@link ExpectedError} when the file cannot be written. `OTEL_EXPORTER_OTLP_…` and `OTEL_RESOURCE_ATTRIBUTES` are read as OpenTelemetry has them.
 */
export function startTracing(
  { file, otlp, service }: NonNullable<Config['tracing']>,
  log: Logger,
): () => Promise<void> {
  const warn = (message: string, ...details: unknown[]) => log.warn({ details }, `tracing: ${message}`);
  const quiet = () => undefined;
  diag.setLogger({ error: warn, warn, info: quiet, debug: quiet, verbose: quiet }, DiagLogLevel.WARN);
  const provider = new TracerProvider({
    idGenerator: spanIds,
    resource: resourceFromAttributes({ 'service.name': service }).merge(detectResources({ detectors: [envDetector] })),
    spanProcessors: [
      ...(file === undefined ? [] : [new SimpleSpanProcessor({ exporter: traceFile(file) })]),
      ...(otlp ? [new BatchSpanProcessor({ exporter: new OTLPTraceExporter(), maxQueueSize: mostWaiting })] : []),
    ],
  });
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  trace.setGlobalTracerProvider(provider);
  return () => provider.shutdown();
}
