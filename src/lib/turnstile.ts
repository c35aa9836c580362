import { createWaitingLine } from './waiting-line.ts';

/** Lets in a number of callers at once, which may change at any time. */
export interface Turnstile {
  /** How many are inside. */
  readonly inside: number;
  /** Waits, in the order of asking, until one more may be inside. Throws the signal's reason when that aborts first. */
  enter(signal: AbortSignal): Promise<void>;
  /** To be called once by everyone who was let in. */
  leave(): void;
}

/** `allowed` is asked whenever somebody comes or goes; need not be a whole number. */
export function createTurnstile(allowed: () => number): Turnstile {
  let inside = 0;
  const isFree = () => inside + 1 <= allowed();
  const serve = () => {
    while (line.first !== undefined && isFree()) {
      inside += 1;
      line.letIn();
    }
  };
  const line = createWaitingLine<true>(serve);

  return {
    get inside() {
      return inside;
    },
    async enter(signal) {
      signal.throwIfAborted();
      if (line.first === undefined && isFree()) inside += 1;
      else await line.wait(true, signal);
    },
    leave() {
      inside -= 1;
      serve();
    },
  };
}
