import { createWaitingLine } from './waiting-line.ts';

/** Lets in a number of callers at once, which may change at any time. */
interface Turnstile {
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

interface Line {
  readonly turnstile: Turnstile;
  /** Callers that are in or wait. */
  wanted: number;
}

/** Lets calls through one at a time for each key, and a few at a time for all together, in the order in which they came. */
export class Turns {
  readonly #all: Turnstile;
  readonly #lines = new Map<string, Line>();

  /** `atOnce` is how many calls may be under way together. */
  constructor(atOnce: number) {
    this.#all = createTurnstile(() => atOnce);
  }

  /** Calls `call` once it is its turn. Rejects as it does, and with the signal's reason when that aborts before the turn has come. */
  async take<T>(key: string, signal: AbortSignal, call: () => Promise<T>): Promise<T> {
    const line = this.#lines.get(key) ?? { turnstile: createTurnstile(() => 1), wanted: 0 };
    this.#lines.set(key, line);
    line.wanted += 1;
    try {
      return await through(line.turnstile, signal, () => through(this.#all, signal, call));
    } finally {
      line.wanted -= 1;
      if (line.wanted === 0) this.#lines.delete(key);
    }
  }
}

async function through<T>(turnstile: Turnstile, signal: AbortSignal, call: () => Promise<T>): Promise<T> {
  await turnstile.enter(signal);
  try {
    return await call();
  } finally {
    turnstile.leave();
  }
}
