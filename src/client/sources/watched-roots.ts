import type { Backups } from '../../history/views/backups.ts';
import type { WatchedRoot } from './source-status.ts';
import type { SourcesFile } from './sources-file.ts';
import type { StatsRow } from '../../history/views/stats.ts';

/** What there is to tell of: every source, and every directory that was backed up below the usual prefix without being one. */
export async function watchedRoots(
  opened: SourcesFile | undefined,
  backups: Backups,
  signal: AbortSignal,
): Promise<WatchedRoot[]> {
  const sources = opened?.sources ?? [];
  const { prefix } = backups;
  const isSource = (root: string) => sources.some((source) => source.root === root && source.prefix === prefix);
  const history = await backups.history(signal);
  const others = history.map(({ root }) => root).filter((root) => !isSource(root));
  return [...sources, ...others.toSorted().map((root) => ({ root, prefix }))];
}

/** A prefix, and the source that has it. */
export interface SourcePrefix {
  readonly prefix: string;
  readonly source?: string;
  /** Of that source. */
  readonly root?: string;
}

/** The prefixes to look below, each once, with the source that has it. */
export function watchedPrefixes(opened: SourcesFile | undefined, usual: string): SourcePrefix[] {
  const sources = (opened?.sources ?? []).map(({ name, prefix, root }) => ({ prefix, source: name, root }));
  return sources.some(({ prefix }) => prefix === usual) ? sources : [...sources, { prefix: usual }];
}

/** A row with the source whose prefix it is about; null where no source has it. */
export interface SourceStatsRow extends StatsRow {
  readonly source: string | null;
}

/** What backups below these prefixes take in storage, one prefix after the other. */
export async function* statsBelow(
  backups: Backups,
  prefixes: readonly SourcePrefix[],
  signal: AbortSignal,
): AsyncGenerator<SourceStatsRow, undefined> {
  for (const { prefix, source } of prefixes) {
    for await (const row of backups.below(prefix).stats(signal)) yield { source: source ?? null, ...row };
  }
  return undefined;
}
