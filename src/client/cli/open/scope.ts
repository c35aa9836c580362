import { resolve } from 'node:path';
import {
  openSourcesFile,
  sourceNamed,
  sourcesAt,
  takenForDirectory,
  type SourcesFile,
} from '../../sources/sources-file.ts';
import { watchedPrefixes, type SourcePrefix } from '../../sources/watched-roots.ts';
import { ExpectedError } from '../../../contracts/failures.ts';
import { isSourceName } from '../../../contracts/input.ts';
import type { SourceDefinition } from '../../../contracts/sources.ts';
import type { Call } from '../invocation.ts';

/** Where the names of sources stand. */
export interface SourcesFileFlags {
  /** In the place of `DURABLE_BACKUP_CONFIG`. */
  readonly sourcesFile?: string;
}

/** Which backups a command is about: those of one directory, or all that there are. */
export interface Scope extends SourcesFileFlags {
  /** The directory that was backed up, where one is meant. */
  readonly root?: string;
  /** What the sources file says of it. */
  readonly definition?: SourceDefinition;
  /** Where to look: below that source's prefix, or below those of all sources and the usual one. */
  readonly prefixes: readonly SourcePrefix[];
}

/** Reads the sources file that the call names; undefined where it names none and the usual one is not there. */
export function sourcesOf({ config, sourcesFile }: Call & SourcesFileFlags): Promise<SourcesFile | undefined> {
  return openSourcesFile(sourcesFile ?? config.sourcesFile);
}

/** What a text means: the source of that name, or else a directory, and the source whose root that is. */
export interface Meant {
  readonly root: string;
  readonly definition?: SourceDefinition;
  /** Undefined where there is none, or where it is of no use and the text is a path. */
  readonly opened?: SourcesFile;
}

/**
 * Reads the name of a source, or a directory. One that could be a name is a source's when the sources file has it; everything else is a
 * path, and so is what begins with `./`. A directory that is the root of one source on the machine of `worker` is that source.
 */
export async function meantBy(call: Call & SourcesFileFlags, text: string, worker?: string): Promise<Meant> {
  const root = resolve(text);
  const opened = await sourcesOf(call).catch((error: unknown) => {
    if (isSourceName(text) || !(error instanceof ExpectedError)) throw error;
    // A path means something without the file.
    call.note(`${error.message}. So ${root} is taken for a directory alone.`);
    return undefined;
  });
  const named = isSourceName(text) ? sourceNamed(opened, text) : undefined;
  if (named && opened) return { root: named.root, definition: named, opened };
  const [definition, ...others] = sourcesAt(opened, root, worker);
  if (definition && others.length === 0) return { root, definition, ...(opened && { opened }) };
  return { root, ...(opened && { opened }) };
}

/** The call with what its `--source` means. */
export async function scoped<C extends Call & SourcesFileFlags & { readonly source?: string }>(
  call: C,
): Promise<C & Scope> {
  const { source, config } = call;
  const usual = config.prefix;
  if (source === undefined) return { ...call, prefixes: watchedPrefixes(await sourcesOf(call), usual) };
  const { root, definition, opened } = await meantBy(call, source);
  const prefixes = watchedPrefixes(opened, usual);
  if (!definition) {
    if (opened && isSourceName(source)) call.note(takenForDirectory(opened, source, root));
    return { ...call, root, prefixes };
  }
  const { name, prefix } = definition;
  const at = { ...call, root, definition, config: { ...config, prefix } };
  // It may have been backed up as a directory, too, before it was a source.
  return { ...at, prefixes: name === source ? [{ prefix, source: name, root }] : prefixes };
}
