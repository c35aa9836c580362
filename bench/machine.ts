import { cpus, loadavg } from 'node:os';

/** What was measured on, for reports. */
export function machine(): string {
  return `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, Node ${process.versions.node}`;
}

/** How many processes ran or waited for a processor, on average over the last 1, 5 and 15 minutes. */
export function load(): number[] {
  return loadavg().map((average) => Number(average.toFixed(1)));
}
