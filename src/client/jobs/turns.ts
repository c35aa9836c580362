import { createTurnstile, type Turnstile } from '../../lib/turnstile.ts';

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
