import { createWaitingLine } from '../../shared/waiting-line.ts';

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
  let inFlight = 0;
  /** The most that were in flight when the service was busy. */
  let wanted = 0;
  /** Counts the decreases. Requests that were sent before the last one tell of the load before it. */
  let round = 0;
  let answered = 0;

  const isFree = () => inFlight + 1 <= allowed;
  const serve = () => {
    while (line.first !== undefined && isFree()) {
      inFlight += 1;
      line.letIn();
    }
  };
  const line = createWaitingLine<true>(serve);

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
    wanted = Math.max(wanted, inFlight);
    allowed = Math.max(Math.floor(Math.min(allowed, inFlight) / 2), 1);
  };

  return {
    get answered() {
      return answered;
    },
    async enter(signal) {
      signal.throwIfAborted();
      if (line.first === undefined && isFree()) inFlight += 1;
      else await line.wait(true, signal);
      const sentIn = round;
      return (ending) => {
        if (ending === 'answered') onAnswered();
        if (ending === 'busy') onBusy(sentIn);
        inFlight -= 1;
        serve();
      };
    },
  };
}
