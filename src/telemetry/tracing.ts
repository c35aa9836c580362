import { context, diag, DiagLogLevel, propagation, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator, ExportResultCode } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, SimpleSpanProcessor, TracerProvider, type SpanExporter } from '@opentelemetry/sdk-trace';
import type { Logger } from 'pino';
import { appendFileSync } from 'node:fs';
import { JsonTraceSerializer } from '@opentelemetry/otlp-transformer';
import type { Config } from '../config.ts';
import { spanIds } from './tracer.ts';
import { ExpectedError } from '../contracts/failures.ts';

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

/**
 * Appends spans to a file as lines of OTLP's JSON, which collectors read: https://opentelemetry.io/docs/specs/otel/protocol/file-exporter/
 * Processes may share the file: a line is written at once. Throws an {@link ExpectedError} when it cannot be written.
 */
function traceFile(path: string): SpanExporter {
  try {
    // Paths of what is backed up stand in it.
    appendFileSync(path, '', { mode: 0o600 });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new ExpectedError(
      'InvalidConfiguration',
      `TRACE_FILE: ${path} cannot be written (${code}): name a file in a directory that is there`,
      {
        cause: error,
      },
    );
  }
  return {
    export: (spans, done) => {
      try {
        const json = JsonTraceSerializer.serializeRequest(spans);
        if (json) appendFileSync(path, Buffer.concat([json, Buffer.from('\n')]));
        done({ code: ExportResultCode.SUCCESS });
      } catch (error) {
        done({ code: ExportResultCode.FAILED, error: error as Error });
      }
    },
    shutdown: () => Promise.resolve(),
  };
}
