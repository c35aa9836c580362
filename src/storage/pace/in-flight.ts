import { createTurnstile } from '../../lib/turnstile.ts';

/** How a request ended, as far as it says how much the service bears. */
export type Ending = 'answered' | 'busy' | 'unknown';

/** A limit on requests in flight that finds itself. */
export interface InFlightLimit {
  /** Requests that the service has answered so far otherwise than by being busy. */
  readonly answered: number;
  /**
   * Waits, in the order of asking, until one more request may be sent; the returned function must be called once with how it ended.
   * Throws the signal's reason when that aborts first.
   */
  enter(signal: AbortSignal): Promise<(ending: Ending) => void>;
}

/**
 * Additive increase, multiplicative decrease, as in TCP (RFC 5681): a busy answer halves the number allowed, and each full round of
 * others allows one more. There is no limit before the first busy answer, and none again once as many are allowed as there were then.
 */
export function createInFlightLimit(): InFlightLimit {
  let allowed = Infinity;
  const inFlight = createTurnstile(() => allowed);
  /** The most that were in flight when the service was busy. */
  let wanted = 0;
  /** Counts the decreases. Requests that were sent before the last one tell of the load before it. */
  let round = 0;
  let answered = 0;

  const onAnswered = () => {
    answered += 1;
    if (allowed === Infinity) return;
    allowed += 1 / allowed;
    if (allowed < wanted) return;
    allowed = Infinity;
    wanted = 0;
  };
  const onBusy = (sentIn: number) => {
    if (sentIn !== round) return;
    round += 1;
    wanted = Math.max(wanted, inFlight.inside);
    allowed = Math.max(Math.floor(Math.min(allowed, inFlight.inside) / 2), 1);
  };

  return {
    get answered() {
      return answered;
    },
    async enter(signal) {
      await inFlight.enter(signal);
      const sentIn = round;
      return (ending) => {
        if (ending === 'answered') onAnswered();
        if (ending === 'busy') onBusy(sentIn);
        inFlight.leave();
      };
    },
  };
}
