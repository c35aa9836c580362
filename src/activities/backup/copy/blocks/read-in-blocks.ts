import type { MemoryBudget } from '../../../paged/memory-budget.ts';
import type { BlockPlan } from './plan-blocks.ts';
import { createBlockThreads } from './block-threads.ts';

// Milliseconds.
const keptFor = 10_000;

/** One block of a file, in memory until it is released. */
export interface Block {
  readonly index: number;
  readonly bytes: Buffer;
  /** In base64, where it was asked for. */
  readonly md5: string | undefined;
  readonly release: () => void;
}

interface BlockReading {
  readonly memory: MemoryBudget;
  readonly signal: AbortSignal;
  /** Whether a block's own MD5 is wanted. */
  readonly wantsMd5: (index: number) => boolean;
}

/** A pass over a file, block by block. */
export interface Pass {
  /** The blocks in order; ends early where the file does. Throws the system's error when it cannot be read, and the signal's reason. */
  readonly blocks: AsyncGenerator<Block, void>;
  /** SHA-256 in hexadecimal of the blocks so far. */
  readonly sha256: () => Promise<string>;
  /** Lets the pass go; to be called however it ends. */
  readonly close: () => Promise<void>;
}

/** Starts a pass over the file that `descriptor` is open for. */
export type ReadInBlocks = (descriptor: number, plan: BlockPlan, reading: BlockReading) => Pass;

/**
 * Reads large files and hashes them in threads of their own, so that sending them waits for neither. Threads and memory are kept for
 * the next file, and go when for a while there is none: only the end of a thread makes it let go of memory that it has seen.
 */
export function createBlockReader(): ReadInBlocks {
  const pool = createBlockPool();
  const threads = createBlockThreads();
  let started = 0;
  let open = 0;
  let rest: NodeJS.Timeout | undefined;

  const begin = () => {
    clearTimeout(rest);
    open += 1;
  };
  const end = () => {
    open -= 1;
    if (open > 0) return;
    rest = setTimeout(() => {
      pool.drain();
      threads.stop();
    }, keptFor).unref();
  };

  return (descriptor, plan, { memory, signal, wantsMd5 }) => {
    const file = (started += 1);
    begin();
    const thread = threads.forPass();
    thread.passes += 1;

    const read = async (index: number): Promise<Block> => {
      // Taken before the block is read: what waits to be sent counts too.
      const { bytes: into, release } = await pool.take(plan.blockSize, memory, signal);
      try {
        const place = { descriptor, position: index * plan.blockSize, length: plan.lengthOf(index) };
        const found = await thread.ask({ ask: 'read', file, ...place, into, md5: wantsMd5(index) });
        return { index, bytes: Buffer.from(into, 0, found.length), md5: found.md5, release };
      } catch (error) {
        release();
        throw error;
      }
    };

    return {
      blocks: inOrder(read, plan),
      sha256: async () => (await thread.ask({ ask: 'sha256', file })).sha256 ?? '',
      close: async () => {
        // Answered after every read: nothing uses the descriptor any more then.
        await thread.ask({ ask: 'forget', file }).finally(() => {
          thread.passes -= 1;
          end();
        });
      },
    };
  };
}

async function* inOrder(read: (index: number) => Promise<Block>, plan: BlockPlan): AsyncGenerator<Block, void> {
  for (let index = 0; index < plan.count; index += 1) {
    const block = await read(index);
    yield block;
    if (block.bytes.length < plan.lengthOf(index)) return;
  }
}

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
interface BlockPool {
  /** Waits for `bytes` of the budget. Throws the signal's reason. */
  readonly take: (bytes: number, budget: MemoryBudget, signal: AbortSignal) => Promise<BlockMemory>;
  /** Lets go what waits to be used again, which the budget does not count. */
  readonly drain: () => void;
}

function createBlockPool(): BlockPool {
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
