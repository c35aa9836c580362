import { totalmem } from 'node:os';
import { getHeapStatistics } from 'node:v8';

const MiB = 1024 * 1024;

/** What the program itself needs of a heap. */
const own = 200 * MiB;
/** What a cached workflow may take: an order batch of 50 items takes nearly 2 MiB of its process. */
const each = 4 * MiB;
const least = 10;
const most = 1000;

/**
 * How many workflows a worker keeps in memory, unless it is told: as many as fit into `memory` bytes. A running workflow that is not
 * among them is begun anew from its history with each task, which is right and slow.
 */
export function cachedWorkflows(memory: number): number {
  return Math.min(most, Math.max(least, Math.floor((memory - own) / each)));
}

/** Bytes of heap that one of several worker processes may fill: V8's limit, and no more than half of what the machine has for each. */
export function memoryOf(processes: number): number {
  // 0, or more than there is, where nothing constrains the process.
  const constrained = process.constrainedMemory() || Infinity;
  return Math.min(getHeapStatistics().heap_size_limit, Math.min(totalmem(), constrained) / 2 / processes);
}
