import type { Request, RequestHandler } from 'express';
import { rateLimit } from 'express-rate-limit';
import type { Jobs } from '../../jobs/jobs.ts';
import { lately } from './lately.ts';
import { HttpProblem } from '../problem.ts';

const minute = 60_000;
const retryAfterBacklog = '10';
// Whole paths, since an instance may have any name. What steers what is there already is none of them.
const starts = [
  /^(?:\/runtime\/webhooks\/durabletask)?\/orchestrators\/[^/]/iu,
  /^\/runtime\/webhooks\/durabletask\/instances\/[^/]+\/(?:restart|rewind)\/?$/iu,
  /^\/api\/(?:batches|backups(?:\/(?:prune|preview|schedules\/[^/]+\/trigger|[^/]+\/(?:restores|verifications|retry)))?)\/?$/iu,
];

/** Requests that one client may make in a minute; 0 is no limit. */
export interface RateLimits {
  readonly requests: number;
  /** Of those, the ones that start something. */
  readonly starts: number;
}

/**
 * Turns away with 429 whoever asks too often. Clients are told apart by address, IPv6 ones by their network; behind proxies of
 * `TRUST_PROXY` the address is the one that they name in `X-Forwarded-For`.
 */
export function limitRate({ requests, starts }: RateLimits): RequestHandler[] {
  return [limiter('requests', requests), limiter('starts', starts, (request) => !isStart(request))].flat();
}

/**
 * Turns starts away with 429 while `most` tasks or more wait for workers; 0 is no limit. What was started before is none the worse for
 * it. Where nobody can say how many wait, nothing is turned away.
 */
export function limitBacklog(jobs: Pick<Jobs, 'waitingTasks'>, most: number): RequestHandler[] {
  if (most === 0) return [];
  const waiting = lately(() => jobs.waitingTasks(), 0);
  return [
    (request, _response, next) => {
      if (!isStart(request) || waiting() < most) {
        next();
        return;
      }
      const message = `The workers are behind, ${most} tasks or more wait for them: try again in ${retryAfterBacklog} seconds`;
      throw new HttpProblem(429, message, { 'Retry-After': retryAfterBacklog });
    },
  ];
}

function isStart(request: Request): boolean {
  return request.method === 'POST' && starts.some((start) => start.test(request.path));
}

function limiter(what: string, limit: number, skip: (request: Request) => boolean = () => false): RequestHandler[] {
  if (limit === 0) return [];
  return [
    rateLimit({
      windowMs: minute,
      limit,
      skip,
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
