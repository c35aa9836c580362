import { setTimeout as sleep } from 'node:timers/promises';
import type { Service } from '../access-refused.ts';
import type { AskAzure } from '../ask-azure.ts';
import { explainAnswer } from '../azure-errors.ts';
import { isBlobStoreError } from '../blob-store.ts';
import { Busy, retryAfterMs, type ServiceAnswer } from './busy.ts';
import { type Ending, type InFlightLimit, createInFlightLimit } from './in-flight.ts';
import type { RateLimit } from './rate-limit.ts';

const firstPause = 200;
const longestRetryAfter = 60_000;
const tries = 3;
// While others are answered it is worth waiting for a turn: in the end one in twenty thousand fails where one answer in five is busy.
const triesAmongAnswered = 6;

/** Milliseconds before the try after this one, the first being 1: twice as long each time, and never at once for all who wait. */
export function pauseAfter(tried: number, { retryAfter }: ServiceAnswer, random: number = Math.random()): number {
  const backoff = firstPause * 2 ** (tried - 1) * (0.5 + random / 2);
  return Math.min(retryAfterMs(retryAfter), longestRetryAfter) + backoff;
}

/** Makes requests keep to the limit, and tells it how they end. */
function withInFlightLimit(ask: AskAzure, limit: InFlightLimit): AskAzure {
  return async (action, signal, transfer, send) => {
    const leave = await limit.enter(signal);
    let ending: Ending = 'unknown';
    try {
      const answer = await ask(action, signal, transfer, send);
      ending = 'answered';
      return answer;
    } catch (error) {
      ending = endingOf(error);
      throw error;
    } finally {
      leave(ending);
    }
  };
}

function endingOf(error: unknown): Ending {
  if (error instanceof Busy) return 'busy';
  const refusals = ['not-found', 'precondition-failed', 'locked', 'refused'] as const;
  return refusals.some((kind) => isBlobStoreError(error, kind)) ? 'answered' : 'unknown';
}

/**
 * Asks a busy service again, holding no place among the requests in flight meanwhile; soon gives up, as `unavailable`, where nobody
 * else gets through either. `service` is named in the error then.
 */
function withPatience(ask: AskAzure, limit: Pick<InFlightLimit, 'answered'>, service: Service): AskAzure {
  return async (action, signal, transfer, send) => {
    const answeredBefore = limit.answered;
    for (let tried = 1; ; tried += 1) {
      try {
        return await ask(action, signal, transfer, send);
      } catch (error) {
        if (!(error instanceof Busy)) throw error;
        const most = limit.answered > answeredBefore ? triesAmongAnswered : tries;
        if (tried >= most) throw explainAnswer(error.answer, action, service, error.cause);
        await pause(pauseAfter(tried, error.answer), signal);
      }
    }
  };
}

async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(milliseconds, undefined, { signal });
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
}

interface PaceOptions {
  /** Named where the service stays busy. */
  readonly service: Service;
  /** Shared by all stores whose uploads count together. */
  readonly uploads?: RateLimit | undefined;
}

/**
 * Sends requests as fast as the service and the limit on uploads bear. A request first waits for the uploads before it and then for
 * its place in flight; only then does its own time limit run. Each try of it is charged.
 */
export function paced(ask: AskAzure, { service, uploads }: PaceOptions): AskAzure {
  const limit = createInFlightLimit();
  const limited = withInFlightLimit(ask, limit);
  return withPatience(uploads ? withUploadLimit(limited, uploads) : limited, limit, service);
}

function withUploadLimit(ask: AskAzure, uploads: RateLimit): AskAzure {
  return async (action, signal, transfer, send) => {
    const { sent = 0, first = false } = transfer;
    if (first) uploads.charge(sent);
    else if (sent > 0) await uploads.take(sent, signal);
    return ask(action, signal, transfer, send);
  };
}
