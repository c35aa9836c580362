import type { Backups } from '../../../history/views/backups.ts';
import { openSourcesFile } from '../../sources/sources-file.ts';
import { watchedPrefixes } from '../../sources/watched-roots.ts';
import type { Config } from '../../../config.ts';
import { watchHistory, type WatchedHistory } from '../../../telemetry/history-metrics.ts';
import type { Metrics } from '../../../telemetry/metrics.ts';

// Several scrapers may come, and each look is a listing.
const lookEvery = 10_000;
// Prometheus waits for ten seconds by default. What is not read by then is read at the next look.
const lookWithin = 5000;

/** Shows what the manifests tell of the last runs of each source, and of what was backed up without one below the usual prefix. */
export function watchBackups(metrics: Metrics, backups: Backups, config: Pick<Config, 'sourcesFile'>): void {
  // What each has read so far is kept with it.
  const below = new Map<string, Backups>();
  const at = (prefix: string) => {
    const known = below.get(prefix) ?? backups.below(prefix);
    below.set(prefix, known);
    return known;
  };
  const look = async (): Promise<WatchedHistory> => {
    const signal = AbortSignal.timeout(lookWithin);
    const opened = await openSourcesFile(config.sourcesFile);
    const prefixes = watchedPrefixes(opened, backups.prefix);
    const roots = prefixes.map(async ({ prefix, source = '' }) => {
      const history = await at(prefix).history(signal);
      return history.map((root) => ({ ...root, source }));
    });
    return { sources: opened?.sources ?? [], roots: (await Promise.all(roots)).flat() };
  };

  let looking: Promise<WatchedHistory> | undefined;
  let nextLook = 0;
  watchHistory(metrics, () => {
    if (!looking || Date.now() >= nextLook) {
      nextLook = Date.now() + lookEvery;
      looking = look();
    }
    return looking;
  });
}
