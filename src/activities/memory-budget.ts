/** Bytes that one worker may hold of files on their way to storage, shared by all its activities. */
export interface MemoryBudget {
  /** Waits, in the order of asking, until `bytes` more may be held; the returned function gives them back, once. */
  take(bytes: number): Promise<() => void>;
}

/** `async-mutex` has a weighted semaphore too, but counts its weights one by one, which for bytes takes seconds a call. */
export function createMemoryBudget(total: number): MemoryBudget {
  let free = total;
  const waiting: { readonly weight: number; readonly grant: () => void }[] = [];

  const release = (weight: number) => {
    free += weight;
    for (let first = waiting[0]; first && first.weight <= free; first = waiting[0]) {
      waiting.shift();
      free -= first.weight;
      first.grant();
    }
  };

  return {
    async take(bytes) {
      // More than the whole could never be granted.
      const weight = Math.min(bytes, total);
      if (waiting.length === 0 && weight <= free) free -= weight;
      else await new Promise<void>((grant) => waiting.push({ weight, grant }));
      let held = true;
      return () => {
        if (held) release(weight);
        held = false;
      };
    },
  };
}
