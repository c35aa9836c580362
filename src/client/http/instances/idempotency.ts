import { createHash } from 'node:crypto';
import { z } from 'zod';
import { JobExistsError, type Jobs } from '../../jobs/jobs.ts';
import { HttpProblem } from '../problem.ts';

/** What is asked to be started. */
export interface StartRequest {
  readonly name: string;
  readonly args: readonly unknown[];
  readonly summary: string;
  /** The one that the caller chose, if any. */
  readonly instanceId?: string;
}

/**
 * Starts a job and returns its instance id. With an `Idempotency-Key`, the same request sent again leads to the same instance for as
 * long as Temporal keeps it, ended, rewound or restarted; without an id of the caller's own, the key decides the id. Throws a 422
 * {@link HttpProblem} for a known key with another request, and `JobExistsError`.
 */
export async function startIdempotently(jobs: Jobs, key: string | undefined, start: StartRequest): Promise<string> {
  const { name, args, summary } = start;
  if (key === undefined) {
    return jobs.start(name, args, { summary, ...(start.instanceId !== undefined && { instanceId: start.instanceId }) });
  }
  const instanceId = start.instanceId ?? sha256(`durable-backup:${key}`).slice(0, 32);
  const mark = { key: sha256(key), request: sha256(JSON.stringify([name, ...args])) };
  const known = await findMark(jobs, instanceId);
  if (known !== undefined && isSame(known, mark)) return instanceId;
  try {
    // An instance of the caller's own id that another request began may be replaced once it has ended, as without a key.
    return await jobs.start(name, args, { instanceId, summary, memo: { [memoName]: mark }, once: known === undefined });
  } catch (error) {
    if (!(error instanceof JobExistsError)) throw error;
    // The same request, sent twice at once: the other one was faster.
    const winner = await findMark(jobs, instanceId);
    if (winner !== undefined && isSame(winner, mark)) return instanceId;
    throw error;
  }
}

const memoName = 'idempotency';

interface Mark {
  readonly key: string;
  readonly request: string;
}

/** Undefined when there is no such instance. */
async function findMark(jobs: Jobs, instanceId: string): Promise<Partial<Mark> | undefined> {
  const memo = await jobs.memo(instanceId);
  return memo && (memo[memoName] ?? {});
}

function isSame(known: Partial<Mark>, mark: Mark): boolean {
  if (known.key !== mark.key) return false;
  if (known.request === mark.request) return true;
  throw new HttpProblem(422, 'This Idempotency-Key came with another request before: use a new one');
}

/** A string of RFC 8941, as the draft has it: plain characters in quotes, with a backslash before quotes and backslashes. */
export const idempotencyKeySchema = z
  .string()
  .regex(
    /^"(?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\]){1,255}"$/u,
    'must be 1 to 255 plain characters in quotes: "8e03978e"',
  );

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
