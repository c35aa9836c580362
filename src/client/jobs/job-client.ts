import { type Client, isGrpcServiceError, ServiceError, WorkflowNotFoundError } from '@temporalio/client';
import { ExpectedError } from '../../contracts/failures.ts';
import { LiveProgress } from './live-progress.ts';
import { Turns } from '../../lib/turnstile.ts';

/** How the parts of this folder reach Temporal. */
export interface JobClient {
  readonly client: Client;
  readonly taskQueue: string;
  /** What this process has purged. */
  readonly forgotten: Forgotten;
  /** What this process has shown of running jobs lately. */
  readonly liveProgress: LiveProgress;
  /** Whose turn it is to have a workflow answer: however many ask, a worker gets a few tasks for it. */
  readonly updates: Turns;
  /** Makes calls that end within seconds, and says what is wrong when they fail. */
  readonly ask: <T>(call: () => Promise<T>) => Promise<T>;
  /** A failed call's error, as an {@link ExpectedError} where the reason is one that can be named. */
  readonly explain: (error: unknown) => unknown;
}

const answerWithin = 8000;
const updatesAtOnce = 8;

/** `address` is shown in errors. */
export function createJobClient(client: Client, address: string, taskQueue: string): JobClient {
  const explain = (error: unknown) => explained(error, address);
  return {
    client,
    taskQueue,
    forgotten: new Forgotten(),
    liveProgress: new LiveProgress(),
    updates: new Turns(updatesAtOnce),
    explain,
    ask: async (call) => {
      try {
        return await client.withDeadline(Date.now() + answerWithin, call);
      } catch (error) {
        throw explain(error);
      }
    },
  };
}

// gRPC status codes: https://grpc.io/docs/guides/status-codes/
const canceled = 1;
const invalidArgument = 3;
const deadlineExceeded = 4;
const notFound = 5;
const resourceExhausted = 8;
const serverUnavailable = 14;
// Unknown, aborted, internal: the server says that it is not well, and nothing of why.
const failing: readonly number[] = [2, 10, 13];
// Nobody here takes a call back that `ask` makes: the server did, which sees the deadline first where this process is too busy.
const unavailable: readonly number[] = [canceled, deadlineExceeded, resourceExhausted, serverUnavailable];

function explained(error: unknown, address: string): unknown {
  const grpc = grpcError(error);
  if (!grpc) return error;
  const code: number = grpc.code;
  if (failing.includes(code)) {
    const failed = `Temporal at ${address} could not do what it was asked (${grpc.details}): try again`;
    return new ExpectedError('TemporalUnavailable', failed, { cause: error });
  }
  if (code === invalidArgument) {
    return new ExpectedError('InvalidInput', `Temporal refused the request: ${grpc.details}`, { cause: error });
  }
  if (!unavailable.includes(code)) return error;
  return new ExpectedError(
    'TemporalUnavailable',
    `Temporal at ${address} does not answer: start it, or set TEMPORAL_ADDRESS`,
    { cause: error },
  );
}

/** Whether what was asked about is not there, or not any more. */
export function isGone(error: unknown): boolean {
  return error instanceof WorkflowNotFoundError || (grpcError(error)?.code as number | undefined) === notFound;
}

function grpcError(error: unknown) {
  const cause = error instanceof ServiceError ? error.cause : error;
  return isGrpcServiceError(cause) ? cause : undefined;
}

const keptFor = 10 * 60_000;

/** Runs that were purged. Temporal deletes up to a minute after it was asked to, and until then still tells of them. */
class Forgotten {
  // In the order of their times, as a map keeps what is added to it.
  readonly #runs = new Map<string, number>();

  add(runId: string): void {
    const now = performance.now();
    for (const [known, at] of this.#runs) {
      if (at > now - keptFor) break;
      this.#runs.delete(known);
    }
    this.#runs.set(runId, now);
  }

  has(runId: string): boolean {
    return this.#runs.has(runId);
  }
}
