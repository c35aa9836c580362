import { Gauge, type Registry } from 'prom-client';
import type { RootHistory } from '../history/views/run-history.ts';
import type { SourceDefinition } from '../contracts/sources.ts';
import type { Metrics } from './metrics.ts';

/** What is known of the last runs. */
export interface WatchedHistory {
  readonly sources: readonly Pick<SourceDefinition, 'name' | 'root' | 'prefix'>[];
  /** `source` is empty for what was backed up without one. */
  readonly roots: readonly (RootHistory & { readonly source: string })[];
}

const labelNames = ['source', 'prefix', 'root'] as const;
type Labels = (typeof labelNames)[number];

/**
 * What the manifests tell of the last runs of each directory. It is read when it is asked for, so it is the same after a restart and
 * in every process; `read` says how often it is looked at again. What was shown stays where it cannot be read.
 */
export function watchHistory(metrics: Metrics, read: () => Promise<WatchedHistory>): void {
  const { registry } = metrics;
  const show = createGauges(registry);
  const readable = new Gauge({
    name: 'durable_backup_history_readable',
    help: '1 when the sources file and the manifests could be read at the last try, otherwise 0.',
    registers: [registry],
  });
  metrics.before(async () => {
    const seen = await read().catch(() => undefined);
    if (seen) show(seen);
    readable.set(seen ? 1 : 0);
  });
}

function createGauges(registry: Registry): (seen: WatchedHistory) => void {
  const all: Gauge<Labels>[] = [];
  const gauge = (name: string, help: string) => {
    const made = new Gauge({ name: `durable_backup_${name}`, help, labelNames, registers: [registry] });
    all.push(made);
    return made;
  };
  const info = gauge('source_info', 'Always 1: the sources of the sources file, those too that were never backed up.');
  const success = gauge(
    'last_success_timestamp_seconds',
    'When its last complete backup that is not suspect ended, in Unix time.',
  );
  const age = gauge('last_success_age_seconds', 'Seconds since its last complete backup that is not suspect ended.');
  const lastRun = gauge('last_run_timestamp_seconds', 'When its last backup ended, complete or not, in Unix time.');
  const complete = gauge('last_run_complete', '1 when no file failed in its last backup, otherwise 0.');
  const suspect = gauge(
    'last_run_suspect',
    '1 when its last backup lost more than it may, until it is accepted, otherwise 0.',
  );
  const failedBackups = gauge(
    'failed_backups',
    'Backups since its last complete one that failed without becoming a run, a hundred at most.',
  );
  const files = gauge('last_run_files', 'Files that its last backup holds.');
  const bytes = gauge('last_run_bytes', 'Bytes that its last backup holds.');
  const failed = gauge('last_run_failed_files', 'Files that failed in its last backup.');

  return ({ sources, roots }) => {
    for (const each of all) each.reset();
    for (const { name, prefix, root } of sources) info.set({ source: name, prefix, root }, 1);
    for (const { source, prefix, root, succeededAt, failedBackups: without, last } of roots) {
      const labels = { source, prefix, root };
      if (succeededAt !== undefined) {
        success.set(labels, succeededAt / 1000);
        age.set(labels, Math.max(0, (Date.now() - succeededAt) / 1000));
      }
      lastRun.set(labels, last.endedAt / 1000);
      complete.set(labels, last.complete ? 1 : 0);
      suspect.set(labels, last.suspect ? 1 : 0);
      failedBackups.set(labels, without);
      files.set(labels, last.files);
      bytes.set(labels, last.bytes);
      failed.set(labels, last.failed);
    }
  };
}
