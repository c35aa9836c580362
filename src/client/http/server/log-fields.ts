import type { ServerResponse } from 'node:http';
import type { Response } from 'express';

/** What a request's line in the log says besides. */
interface LogFields {
  readonly instanceId?: string;
  readonly traceId?: string;
}

const name = 'logFields';

/** Puts fields into the line that will tell of the request. */
export function addLogFields(response: Response, fields: LogFields): void {
  response.locals[name] = { ...(response.locals[name] as LogFields | undefined), ...fields };
}

/** Those fields, once the request is answered. */
export function logFieldsOf(response: ServerResponse & Partial<Pick<Response, 'locals'>>): LogFields {
  return response.headersSent ? ((response.locals?.[name] as LogFields | undefined) ?? {}) : {};
}
