/** Bytes that one worker may hold of files on their way to or from storage, shared by all its activities. */
export interface MemoryBudget {
  /**
   * Waits, in the order of asking, until `bytes` more may be held; the returned function gives them back, once. Throws the signal's
   * reason when that aborts first, and then holds nothing.
   */
  take(bytes: number, signal: AbortSignal): Promise<() => void>;
}

interface Waiting {
  readonly weight: number;
  readonly grant: () => void;
}

/** `async-mutex` has a weighted semaphore too, but counts its weights one by one, which for bytes takes seconds a call. */
export function createMemoryBudget(total: number): MemoryBudget {
  let free = total;
  const waiting = new Set<Waiting>();

  const serve = () => {
    for (const first of waiting) {
      if (first.weight > free) return;
      waiting.delete(first);
      free -= first.weight;
      first.grant();
    }
  };

  const wait = (weight: number, signal: AbortSignal) =>
    new Promise<void>((resolve, reject) => {
      const abort = () => {
        waiting.delete(asked);
        reject(signal.reason as Error);
        // What stood in the way of those behind it is gone.
        serve();
      };
      const grant = () => {
        signal.removeEventListener('abort', abort);
        resolve();
      };
      const asked = { weight, grant };
      signal.addEventListener('abort', abort, { once: true });
      waiting.add(asked);
    });

  return {
    async take(bytes, signal) {
      signal.throwIfAborted();
      // More than the whole could never be granted.
      const weight = Math.min(bytes, total);
      if (waiting.size === 0 && weight <= free) free -= weight;
      else await wait(weight, signal);
      let held = true;
      return () => {
        if (!held) return;
        held = false;
        free += weight;
        serve();
      };
    },
  };
}
