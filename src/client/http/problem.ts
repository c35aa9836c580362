import { STATUS_CODES } from 'node:http';
import type { ErrorRequestHandler, RequestHandler } from 'express';
import type { Logger } from 'pino';
import { ExpectedError } from '../../contracts/failures.ts';
import { JobExistsError } from '../jobs/jobs.ts';

/** A request that gets an answer of 400 or more, in the caller's words. */
export class HttpProblem extends Error {
  override readonly name = 'HttpProblem';
  readonly status: number;
  /** Sent with the answer. */
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.status = status;
    this.headers = headers;
  }
}

/** An answer without a body, as Durable Functions gives for what it does not know. */
export function nothing(status: number): HttpProblem {
  return new HttpProblem(status, '');
}

/** The one place where failures become answers: problem details (RFC 9457), with the `Message` that Durable Functions clients read. */
export function problemHandler(log: Logger): ErrorRequestHandler {
  return (error: unknown, request, response, next) => {
    if (response.headersSent) {
      next(error);
      return;
    }
    const { status, detail } = describe(error);
    if (status >= 500) log.error({ err: error, requestId: request.id }, 'request failed');
    response.status(status).set(headersOf(error));
    if (detail === '') {
      response.end();
      return;
    }
    response
      .type('application/problem+json')
      .send(JSON.stringify({ type: 'about:blank', title: STATUS_CODES[status], status, detail, Message: detail }));
  };
}

const retryAfterUnavailable = '5';
// What is asked for again later may be answered.
const passing: readonly ExpectedError['type'][] = ['StorageUnavailable', 'TemporalUnavailable'];

function headersOf(error: unknown): Readonly<Record<string, string>> {
  if (error instanceof HttpProblem) return error.headers;
  const isPassing = error instanceof ExpectedError && passing.includes(error.type);
  return isPassing ? { 'Retry-After': retryAfterUnavailable } : {};
}

/** For the pages that Durable Functions does not have: there, a wrong method is a 405, not its empty 404. */
export const refuseMethod: RequestHandler = () => {
  throw new HttpProblem(405, 'This can only be read, with GET', { Allow: 'GET, HEAD' });
};

/** Of expected failures that are not the request's fault. */
const statuses: Readonly<Partial<Record<ExpectedError['type'], number>>> = {
  RunNotFound: 404,
  PathNotFound: 404,
  ScheduleNotFound: 404,
  ForgetRefused: 409,
  // The run is there, and in no state to be used.
  ManifestInvalid: 409,
  ManifestTooNew: 501,
  StorageRefused: 502,
  // The request asks for what only the server's own files could tell.
  InvalidConfiguration: 503,
  StorageUnavailable: 503,
  TemporalUnavailable: 503,
};

function describe(error: unknown): { status: number; detail: string } {
  if (error instanceof HttpProblem) return { status: error.status, detail: error.message };
  if (error instanceof JobExistsError) return { status: 409, detail: error.message };
  if (error instanceof ExpectedError) return { status: statuses[error.type] ?? 400, detail: error.message };
  const status = clientErrorStatus(error);
  if (status !== undefined) return { status, detail: `The request could not be read: ${(error as Error).message}` };
  // What was not expected may say more about the inside than a caller should know.
  return { status: 500, detail: 'Something went wrong while processing your request' };
}

// Express and its body parsers mark what the client did wrong with a 4xx `status`.
function clientErrorStatus(error: unknown): number | undefined {
  const status = error instanceof Error && 'status' in error ? error.status : undefined;
  return typeof status === 'number' && status >= 400 && status < 500 ? status : undefined;
}
