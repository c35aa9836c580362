import { readFileSync, writeFileSync } from 'node:fs';

/** What a process has used since it began: processor time on all threads, and its largest resident size. */
export interface Usage {
  readonly cpuSeconds: number;
  readonly peakBytes: number;
}

// USER_HZ, which is 100 on every Linux that Node runs on.
const ticksPerSecond = 100;

/** Undefined where there is no `/proc`, or no such process any more. */
export function readUsage(pid: number): Usage | undefined {
  try {
    // The name, second and in brackets, may hold spaces.
    const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ').at(-1)?.split(' ') ?? [];
    const peak = /^VmHWM:\s+(\d+) kB$/mu.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
    // A process that has ended and waits to be reaped has no memory.
    if (peak === undefined) return undefined;
    return { cpuSeconds: (Number(fields[11]) + Number(fields[12])) / ticksPerSecond, peakBytes: Number(peak) * 1024 };
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
