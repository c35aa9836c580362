import type { MemoryBudget } from '../../../paged/memory-budget.ts';

/** Memory for one block. */
interface BlockMemory {
  readonly bytes: SharedArrayBuffer;
  /** Gives it back, once. */
  readonly release: () => void;
}

/**
 * Memory that blocks are read into, again and again: new memory costs more than the reading, as the system clears each page of it,
 * and is given back only when the garbage collector gets round to it.
 */
export interface BlockPool {
  /** Waits for `bytes` of the budget. Throws the signal's reason. */
  readonly take: (bytes: number, budget: MemoryBudget, signal: AbortSignal) => Promise<BlockMemory>;
  /** Lets go what waits to be used again, which the budget does not count. */
  readonly drain: () => void;
}

export function createBlockPool(): BlockPool {
  const free: SharedArrayBuffer[] = [];

  const find = (bytes: number): SharedArrayBuffer => {
    const fitting = free.findIndex(({ byteLength }) => byteLength === bytes);
    return free.splice(fitting, fitting === -1 ? 0 : 1)[0] ?? new SharedArrayBuffer(bytes);
  };

  return {
    take: async (bytes, budget, signal) => {
      const giveBack = await budget.take(bytes, signal);
      const memory = find(bytes);
      let held = true;
      const release = () => {
        if (!held) return;
        held = false;
        free.push(memory);
        giveBack();
      };
      return { bytes: memory, release };
    },
    drain: () => void (free.length = 0),
  };
}
