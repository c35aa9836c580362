import type { SourceDefinition } from '../../contracts/source-definition.ts';
import type { Backups } from '../../history/views/backups.ts';
import type { SourcesFile } from './sources-file.ts';

/** A source as it is listed. Whom it tells of its runs is left out: an address may be a secret. */
export interface ListedSource extends Omit<SourceDefinition, 'notify'> {
  /** When its newest complete run ended, in ISO 8601; null when there is none. */
  readonly lastSuccess: string | null;
}

/** The sources of a file, each with its last success. */
export function listSources({ sources }: SourcesFile, backups: Backups, signal: AbortSignal): Promise<ListedSource[]> {
  return Promise.all(
    sources.map(async (source) => {
      const { notify: _, ...told } = source;
      const { lastSuccess } = await backups.below(source.prefix).newest(source.root, signal);
      return { ...told, lastSuccess: lastSuccess?.finishedAt ?? null };
    }),
  );
}
