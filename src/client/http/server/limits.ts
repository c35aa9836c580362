import type { Request, RequestHandler } from 'express';
import { rateLimit } from 'express-rate-limit';
import type { Jobs } from '../../jobs/jobs.ts';
import { HttpProblem } from '../problem.ts';

const minute = 60_000;
const retryAfterBacklog = '10';

/** Requests that one client may make in a minute; 0 is no limit. */
export interface RateLimits {
  readonly requests: number;
  /** Of those, the ones that start something. */
  readonly starts: number;
}

/** What requests pass before a route, and starts besides. */
export interface Limits {
  readonly requests: readonly RequestHandler[];
  readonly starts: readonly RequestHandler[];
}

/**
 * Turns away with 429 whoever asks too often. Clients are told apart by address, IPv6 ones by their network; behind proxies of
 * `TRUST_PROXY` the address is the one that they name in `X-Forwarded-For`. Starts are turned away too while `backlog` tasks or more wait
 * for workers; 0 is no limit.
 */
export function createLimits(
  jobs: Pick<Jobs, 'waitingTasks'>,
  rates: RateLimits,
  backlog: number,
  draining: AbortSignal,
): Limits {
  return {
    requests: limiter('requests', rates.requests),
    starts: [...limiter('starts', rates.starts), ...limitBacklog(jobs, backlog, draining)],
  };
}

/**
 * What was started before is none the worse for it. Where nobody can say how many tasks wait, nothing is turned away. No request waits
 * for the answer, so the question is taken back when the server ends.
 */
function limitBacklog(jobs: Pick<Jobs, 'waitingTasks'>, most: number, draining: AbortSignal): RequestHandler[] {
  if (most === 0) return [];
  const waiting = lately(() => jobs.waitingTasks(draining), 0);
  return [
    (_request, _response, next) => {
      if (waiting() < most) {
        next();
        return;
      }
      const message = `The workers are behind, ${most} tasks or more wait for them: try again in ${retryAfterBacklog} seconds`;
      throw new HttpProblem(429, message, { 'Retry-After': retryAfterBacklog });
    },
  ];
}

function limiter(what: string, limit: number): RequestHandler[] {
  if (limit === 0) return [];
  return [
    rateLimit({
      windowMs: minute,
      limit,
      standardHeaders: false,
      legacyHeaders: false,
      // Its checks write to the console; whose headers to trust is the configuration's to say.
      validate: false,
      handler: (request, _response, next) => {
        const { resetTime } = (request as Request & { rateLimit?: { resetTime?: Date } }).rateLimit ?? {};
        const seconds = Math.max(1, Math.ceil(((resetTime?.getTime() ?? Date.now() + minute) - Date.now()) / 1000));
        next(
          new HttpProblem(429, `More than ${limit} ${what} in a minute: wait ${seconds} seconds`, {
            'Retry-After': String(seconds),
          }),
        );
      },
    }),
  ];
}

/** Milliseconds after which it is asked again, and after which an answer counts no more. */
const askEvery = 1000;
const forgottenAfter = 5000;

/**
 * What `ask` answered lately; `unknown` when it did not. Nobody waits for an answer: who wants one has it asked, at most once a second,
 * for those who come later.
 */
function lately<T>(ask: () => Promise<T>, unknown: T): () => T {
  let known = { answer: unknown, at: -Infinity };
  let askedAt = -Infinity;
  let isAsking = false;
  const look = async () => {
    isAsking = true;
    askedAt = performance.now();
    try {
      known = { answer: await ask(), at: performance.now() };
    } catch {
      known = { answer: unknown, at: -Infinity };
    } finally {
      isAsking = false;
    }
  };
  return () => {
    const now = performance.now();
    if (!isAsking && now - askedAt >= askEvery) void look();
    return now - known.at < forgottenAfter ? known.answer : unknown;
  };
}
