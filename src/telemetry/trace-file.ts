import { appendFileSync } from 'node:fs';
import { ExportResultCode } from '@opentelemetry/core';
import { JsonTraceSerializer } from '@opentelemetry/otlp-transformer';
import type { SpanExporter } from '@opentelemetry/sdk-trace';
import { ExpectedError } from '../contracts/failures.ts';

/**
 * Appends spans to a file as lines of OTLP's JSON, which collectors read: https://opentelemetry.io/docs/specs/otel/protocol/file-exporter/
 * Processes may share the file: a line is written at once. Throws an {@link ExpectedError} when it cannot be written.
 */
export function traceFile(path: string): SpanExporter {
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
