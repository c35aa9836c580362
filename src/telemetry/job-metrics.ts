import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { MemoryUse } from '../activities/paged/memory-budget.ts';
import { workflowNames, jobEndings, type JobEnd } from '../contracts/job.ts';
import type { Tally } from '../contracts/backup.ts';
import { failureTypes } from '../contracts/failures.ts';

const minute = 60;
const hour = 60 * minute;
const durations = [1, 10, minute, 5 * minute, 15 * minute, hour, 3 * hour, 6 * hour, 12 * hour, 24 * hour];
const reasons: readonly string[] = Object.values(failureTypes);
const otherReason = 'other';

/** What a worker counts of the jobs that it runs. */
export interface JobMetrics {
  jobEnded(workflow: string, end: JobEnd, seconds: number): void;
  activityFailed(activity: string, reason: string): void;
  /** Counts what a backup holds when its manifest is written. */
  committed(tally: Tally): void;
  watchMemory(memory: MemoryUse): void;
}

/** Counters begin at zero for all that can happen, or the first failure would not be an increase. */
export function createJobMetrics(registry: Registry): JobMetrics {
  const registers = [registry];
  const jobs = new Histogram({
    name: 'durable_backup_job_duration_seconds',
    help: 'Time from start to end of backups, restores and other jobs, by how they ended; one that continues as new ends last.',
    labelNames: ['workflow', 'outcome'],
    buckets: durations,
    registers,
  });
  const failures = new Counter({
    name: 'durable_backup_job_failures_total',
    help: 'Jobs that failed or ended incomplete or suspect, by the type of failure.',
    labelNames: ['reason'],
    registers,
  });
  const activities = new Counter({
    name: 'durable_backup_activity_failures_total',
    help: 'Attempts of activities that failed, most of which are tried again.',
    labelNames: ['activity', 'reason'],
    registers,
  });
  for (const workflow of Object.values(workflowNames))
    for (const ending of jobEndings) jobs.zero({ workflow, outcome: ending });
  for (const reason of [...reasons, otherReason]) failures.inc({ reason }, 0);
  return {
    jobEnded: (workflow, { ending, reason }, seconds) => {
      if (ending === 'continued') return;
      jobs.observe({ workflow, outcome: ending }, seconds);
      if (reason !== undefined) failures.inc({ reason: known(reason) });
    },
    activityFailed: (activity, reason) => activities.inc({ activity, reason: known(reason) }),
    committed: createRunCounters(registry),
    watchMemory: (memory) => watchMemory(registry, memory),
  };
}

// Types may be of code that is not this project's, and every value of a label is kept for ever.
function known(reason: string): string {
  return reasons.includes(reason) ? reason : otherReason;
}

function createRunCounters(registry: Registry): JobMetrics['committed'] {
  const registers = [registry];
  const labelNames = ['outcome'] as const;
  const files = new Counter({
    name: 'durable_backup_files_total',
    help: 'Files of backups whose manifest was written, by what became of them.',
    labelNames,
    registers,
  });
  const bytes = new Counter({
    name: 'durable_backup_bytes_total',
    help: 'Bytes of files of backups whose manifest was written: uploaded, or kept because storage had them.',
    labelNames,
    registers,
  });
  const count = (tally: Pick<Tally, 'uploaded' | 'adopted' | 'unchanged' | 'skipped' | 'failed'>) => {
    const { uploaded, adopted, unchanged, skipped, failed } = tally;
    for (const [outcome, number] of Object.entries({ uploaded, adopted, unchanged, skipped, failed }))
      files.inc({ outcome }, number);
  };
  count({ uploaded: 0, adopted: 0, unchanged: 0, skipped: 0, failed: 0 });
  for (const outcome of ['uploaded', 'kept']) bytes.inc({ outcome }, 0);
  return (tally) => {
    count(tally);
    bytes.inc({ outcome: 'uploaded' }, tally.uploadedBytes);
    bytes.inc({ outcome: 'kept' }, Math.max(0, tally.bytes - tally.uploadedBytes));
  };
}

function watchMemory(registry: Registry, memory: MemoryUse): void {
  const gauge: Gauge<'state'> = new Gauge({
    name: 'durable_backup_memory_bytes',
    help: 'Bytes of file contents that this process holds, and may hold.',
    labelNames: ['state'],
    registers: [registry],
    collect: () => {
      gauge.set({ state: 'held' }, memory.held);
      gauge.set({ state: 'limit' }, memory.total);
    },
  });
}
