import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RequestHandler, Response } from 'express';
import type { Logger } from 'pino';
import { pinoHttp } from 'pino-http';

const plainValue = /^[\w.,:+ -]{0,64}$/u;
const saneId = /^[\w.:-]{1,128}$/u;
// Of all other parameters nothing is logged: codes are among them, and what callers wrote where they meant a code.
const plainParameters = new Set(
  [
    'createdTimeFrom',
    'createdTimeTo',
    'pollingInterval',
    'restartWithNewInstanceId',
    'returnInternalServerErrorOnFailure',
    'runtimeStatus',
    'showHistory',
    'showHistoryOutput',
    'showInput',
    'timeout',
    'top',
  ].map((name) => name.toLowerCase()),
);

/**
 * One line for every request that was answered, with the instance that it is about, under an id: the caller's `X-Request-Id` when it is a plain one. The answer carries
 * it too. Neither headers nor codes are logged.
 */
export function requestLog(log: Logger): RequestHandler {
  return pinoHttp({
    logger: log,
    genReqId: identify,
    customLogLevel: (request) => (isQuietPath(request.url) ? 'debug' : 'info'),
    customProps: (_request, response) => logFieldsOf(response),
    customSuccessMessage: () => 'request answered',
    customErrorMessage: () => 'request failed',
    serializers: { req: describeRequest, res: describeResponse },
    wrapSerializers: false,
    quietReqLogger: true,
    customAttributeKeys: { reqId: 'requestId' },
  });
}

function identify(request: IncomingMessage, response: ServerResponse): string {
  const given = request.headers['x-request-id'];
  const id = typeof given === 'string' && saneId.test(given) ? given : randomUUID();
  response.setHeader('X-Request-Id', id);
  return id;
}

function describeRequest(request: IncomingMessage & { originalUrl?: string }) {
  return {
    method: request.method,
    path: plainPart(request.originalUrl ?? request.url ?? ''),
    client: request.socket.remoteAddress,
  };
}

function describeResponse({ statusCode }: ServerResponse) {
  return { status: statusCode };
}

/** The path with those parameters that say what was asked for. */
function plainPart(url: string): string {
  const [path = '', ...rest] = url.split('?');
  const query = [...new URLSearchParams(rest.join('?'))]
    .filter(([name, value]) => plainParameters.has(name.toLowerCase()) && plainValue.test(value))
    .map(([name, value]) => `${name}=${value}`);
  return query.length === 0 ? path : `${path}?${query.join('&')}`;
}

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
function logFieldsOf(response: ServerResponse & Partial<Pick<Response, 'locals'>>): LogFields {
  return response.headersSent ? ((response.locals?.[name] as LogFields | undefined) ?? {}) : {};
}

/** Whether probes and scrapers ask for this path, whose log lines would drown the others. */
export function isQuietPath(url = ''): boolean {
  return /^\/(?:healthz|readyz|metrics)\/?(?:\?|$)/iu.test(url);
}
