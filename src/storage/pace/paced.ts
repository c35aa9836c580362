import type { AskAzure } from '../ask-azure.ts';
import { createInFlightLimit } from './in-flight.ts';
import { withInFlightLimit, withPatience } from './patience.ts';
import type { RateLimit } from './rate-limit.ts';

export interface PaceOptions {
  /** Named where the service stays busy. */
  readonly url: string;
  /** Shared by all stores whose uploads count together. */
  readonly uploads?: RateLimit | undefined;
}

/**
 * Sends requests as fast as the service and the limit on uploads bear. A request first waits for the uploads before it and then for
 * its place in flight; only then does its own time limit run. Each try of it is charged.
 */
export function paced(ask: AskAzure, { url, uploads }: PaceOptions): AskAzure {
  const limit = createInFlightLimit();
  const limited = withInFlightLimit(ask, limit);
  return withPatience(uploads ? withUploadLimit(limited, uploads) : limited, limit, url);
}

function withUploadLimit(ask: AskAzure, uploads: RateLimit): AskAzure {
  return async (action, signal, transfer, send) => {
    const { sent = 0, first = false } = transfer;
    if (first) uploads.charge(sent);
    else if (sent > 0) await uploads.take(sent, signal);
    return ask(action, signal, transfer, send);
  };
}
