import { createWaitingLine } from '../../lib/waiting-line.ts';

/** Bytes that one worker may hold of files on their way to or from storage, shared by all its activities. */
export interface MemoryBudget {
  /**
   * Waits, in the order of asking, until `bytes` more may be held; the returned function gives them back, once. Throws the signal's
   * reason when that aborts first, and then holds nothing.
   */
  take(bytes: number, signal: AbortSignal): Promise<() => void>;
}

/** How much of a budget is in use; bytes. */
export interface MemoryUse {
  readonly held: number;
  readonly total: number;
}

/** `async-mutex` has a weighted semaphore too, but counts its weights one by one, which for bytes takes seconds a call. */
export function createMemoryBudget(total: number): MemoryBudget & MemoryUse {
  let free = total;

  const serve = () => {
    for (let weight = line.first; weight !== undefined && weight <= free; weight = line.first) {
      free -= weight;
      line.letIn();
    }
  };
  const line = createWaitingLine<number>(serve);

  return {
    total,
    get held() {
      return total - free;
    },
    async take(bytes, signal) {
      signal.throwIfAborted();
      // More than the whole could never be granted.
      const weight = Math.min(bytes, total);
      if (line.first === undefined && weight <= free) free -= weight;
      else await line.wait(weight, signal);
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
