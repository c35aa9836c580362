import { resolve } from 'node:path';
import { openSourcesFile, sourceNamed, takenForDirectory, type SourcesFile } from '../../sources/sources-file.ts';
import { isSourceName, type SourceDefinition } from '../../../contracts/sources.ts';
import type { Call } from '../invocation.ts';

/** Where the names of sources stand. */
export interface SourcesFileFlags {
  /** In the place of `DURABLE_BACKUP_CONFIG`. */
  readonly sourcesFile?: string;
}

/** Which backups a command is about, where there are several. */
export interface SourceFlags extends SourcesFileFlags {
  /** The name of a source, or a directory; once {@link atSource} has read it, the directory that was backed up. */
  readonly source?: string;
  /** What the sources file says of it, where a source's name was given. */
  readonly definition?: SourceDefinition;
}

/** Reads the sources file that the call names; undefined where it names none and the usual one is not there. */
export function sourcesOf({ config, sourcesFile }: Call & SourcesFileFlags): Promise<SourcesFile | undefined> {
  return openSourcesFile(sourcesFile ?? config.sourcesFile);
}

/**
 * The source that a text names. One that could be a name is a source's when the sources file has it; everything else is a path, and so
 * is what begins with `./`.
 */
export async function namedSource(
  call: Call & SourcesFileFlags,
  text: string,
): Promise<{ readonly definition?: SourceDefinition; readonly opened?: SourcesFile }> {
  if (!isSourceName(text)) return {};
  const opened = await sourcesOf(call);
  const definition = sourceNamed(opened, text);
  return { ...(definition && { definition }), ...(opened && { opened }) };
}

/** The call with the directory that its `--source` means, and below the prefix of it. */
export async function atSource<C extends Call & SourceFlags>(call: C): Promise<C> {
  const { source, config } = call;
  if (source === undefined) return call;
  const { definition, opened } = await namedSource(call, source);
  if (!definition) {
    const root = resolve(source);
    if (opened) call.note(takenForDirectory(opened, source, root));
    return { ...call, source: root };
  }
  const { root, prefix } = definition;
  return { ...call, source: root, definition, config: { ...config, prefix } };
}
