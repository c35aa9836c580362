import type { AskAzure } from './ask-azure.ts';
import { BlobStoreError, type BlobStoreErrorKind } from './blob-store.ts';
import { Busy } from './pace/busy.ts';

/** How a request ended; `busy` is tried again by the store itself, `aborted` nobody waited for any more. */
type RequestOutcome = 'ok' | BlobStoreErrorKind | 'busy' | 'aborted';

interface RequestEnd {
  readonly outcome: RequestOutcome;
  /** Bytes of the answer's body, where it was read whole. */
  readonly received: number;
}

interface RequestBegin {
  /** A verb: `write`, `read`, `list`… There are few of them. */
  readonly operation: string;
  /** The verb and what it is done to. */
  readonly action: string;
  /** Bytes of its body. */
  readonly sent: number;
}

/** Told when a request is sent; returns what is told when it has ended. Neither may throw. */
export type RequestObserver = (begin: RequestBegin) => (end: RequestEnd) => void;

/** Tells of each request, from the moment that nothing holds it back any more. Actions begin with a verb. */
export function observed(ask: AskAzure, observer: RequestObserver | undefined): AskAzure {
  if (!observer) return ask;
  return async (action, signal, transfer, send) => {
    const space = action.indexOf(' ');
    const operation = space === -1 ? action : action.slice(0, space);
    const end = observer({ operation, action, sent: transfer.sent ?? 0 });
    try {
      const result = await ask(action, signal, transfer, send);
      end({ outcome: 'ok', received: Buffer.isBuffer(result) ? result.length : 0 });
      return result;
    } catch (error) {
      end({ outcome: signal.aborted ? 'aborted' : outcomeOf(error), received: 0 });
      throw error;
    }
  };
}

function outcomeOf(error: unknown): RequestOutcome {
  if (error instanceof Busy) return 'busy';
  return error instanceof BlobStoreError ? error.kind : 'unavailable';
}
