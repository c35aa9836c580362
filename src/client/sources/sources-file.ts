import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { ExpectedError } from '../../contracts/failures.ts';
import { nearestName } from '../../lib/nearest-name.ts';
import type { SourceDefinition } from '../../contracts/sources.ts';
import type { Backups } from '../../history/views/backups.ts';

/** Looked for in the working directory where nothing else is named. */
export const usualSourcesFile = 'durable-backup.yaml';

const mostCharacters = 1_000_000;

/** The sources that a file names. */
export interface SourcesFile {
  /** Absolute path. */
  readonly file: string;
  readonly sources: readonly SourceDefinition[];
}

/**
 * Reads the sources file that is named, or else the usual one, which may be missing: then undefined. Throws an {@link ExpectedError} of
 * type `InvalidConfiguration`.
 */
export async function openSourcesFile(named: string | undefined): Promise<SourcesFile | undefined> {
  const file = resolve(named ?? usualSourcesFile);
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' && named === undefined) return undefined;
    const fix =
      error.code === 'ENOENT' ? 'name one that is there, or write one with `durable-backup init`' : 'make it readable';
    throw new ExpectedError('InvalidConfiguration', `The sources file ${file} cannot be read (${error.code}): ${fix}`);
  });
  if (text === undefined) return undefined;
  if (text.length > mostCharacters) {
    throw new ExpectedError(
      'InvalidConfiguration',
      `The sources file ${file} is longer than ${mostCharacters} characters`,
    );
  }
  // It takes a while to load, and many have no such file.
  const { readSources } = await import('./read-sources.ts');
  return { file, sources: readSources(text, file) };
}

/** The same; throws an {@link ExpectedError} where there is none. */
export function requireSourcesFile(opened: SourcesFile | undefined): SourcesFile {
  if (opened) return opened;
  throw new ExpectedError(
    'InvalidConfiguration',
    `There is no ${usualSourcesFile} in ${process.cwd()}: write one with \`durable-backup init\`, or name one by --config or DURABLE_BACKUP_CONFIG`,
  );
}

/** The source of that name; undefined when there is none. */
export function sourceNamed(opened: SourcesFile | undefined, name: string): SourceDefinition | undefined {
  return opened?.sources.find((source) => source.name === name);
}

/** The sources whose root is a directory of the machine where that worker is, or of this one. */
export function sourcesAt(opened: SourcesFile | undefined, root: string, worker?: string): SourceDefinition[] {
  return opened?.sources.filter((source) => source.root === root && source.worker === worker) ?? [];
}

/** What names there are, for who gave one that is none of them; ends a sentence. */
export function namesToGive({ file, sources }: SourcesFile, given: string): string {
  const names = sources.map(({ name }) => name);
  const nearest = nearestName(given, names);
  if (nearest !== undefined) return `did you mean the source ${nearest} of ${file}?`;
  return names.length === 0 ? `${file} names no source` : `the sources of ${file} are ${names.join(', ')}`;
}

/** What is said of a word that is no source. */
export function takenForDirectory(opened: SourcesFile, given: string, root: string): string {
  const nearest = nearestName(
    given,
    opened.sources.map(({ name }) => name),
  );
  const hint = nearest === undefined ? '' : ` (did you mean ${nearest}?)`;
  return `${given} is no source of ${opened.file}${hint}, so it is taken for the directory ${root}.`;
}

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

/** The commands that are told of a source: programs with their arguments. */
export function commandsOf({ notify }: SourceDefinition): (readonly string[])[] {
  const targets = [notify?.success, notify?.failure, notify?.missed].flatMap((list) => list ?? []);
  return targets.flatMap(({ command }) => (command ? [command] : []));
}
