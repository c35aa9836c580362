import { readFileSync, writeFileSync } from 'node:fs';

/** What a process has used since it began: processor time on all threads, and its resident size, at most and now. */
export interface Usage {
  readonly cpuSeconds: number;
  readonly peakBytes: number;
  readonly residentBytes: number;
}

// USER_HZ, which is 100 on every Linux that Node runs on.
const ticksPerSecond = 100;

/** Undefined where there is no `/proc`, or no such process any more. */
export function readUsage(pid: number): Usage | undefined {
  try {
    // The name, second and in brackets, may hold spaces.
    const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ').at(-1)?.split(' ') ?? [];
    const status = readFileSync(`/proc/${pid}/status`, 'latin1');
    const sizeOf = (field: string) => Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, 'mu').exec(status)?.[1]) * 1024;
    const [peakBytes, residentBytes] = [sizeOf('VmHWM'), sizeOf('VmRSS')];
    // A process that has ended and waits to be reaped has no memory.
    if (Number.isNaN(peakBytes)) return undefined;
    return { cpuSeconds: (Number(fields[11]) + Number(fields[12])) / ticksPerSecond, peakBytes, residentBytes };
  } catch {
    return undefined;
  }
}

/** Lets the largest resident size of a process count from now on; does nothing where the system cannot. */
export function resetPeak(pid: number): void {
  try {
    writeFileSync(`/proc/${pid}/clear_refs`, '5');
  } catch {
    // The peak then is that of the whole life of the process.
  }
}

/** What several processes have used together; the largest sizes add up although they were not reached at the same time. */
export function sumUsage(pids: readonly number[]): Usage | undefined {
  const usages = pids.map(readUsage).filter((usage) => usage !== undefined);
  if (usages.length === 0) return undefined;
  const sum = (pick: (usage: Usage) => number) => usages.reduce((total, usage) => total + pick(usage), 0);
  return {
    cpuSeconds: sum((usage) => usage.cpuSeconds),
    peakBytes: sum((usage) => usage.peakBytes),
    residentBytes: sum((usage) => usage.residentBytes),
  };
}
