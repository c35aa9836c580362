import { z } from 'zod';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { byteSizeHelp, parseByteSize } from '../../../lib/units.ts';
import { parseInput } from '../../../contracts/input.ts';
import { filtersSchema, type Filters } from '../../../contracts/filters.ts';

/** What {@link withFilters} adds. */
export interface FilterFlags {
  readonly include?: readonly string[];
  readonly exclude?: readonly string[];
  /** Whether they count; false as `--no-ignore-files`. */
  readonly ignoreFiles: boolean;
  readonly excludeIfPresent?: readonly string[];
  readonly largerThan?: number;
  readonly excludeCaches?: boolean;
  readonly oneFileSystem?: boolean;
  readonly followSymlinks?: boolean;
}

/** Adds the options that say what of a tree is backed up. */
export function withFilters(command: Command): Command {
  const several = (name: keyof Filters, flags: string, description: string) =>
    new Option(flags, `${description}; may be repeated`).argParser(another(name));
  return command
    .addOption(several('include', '--include <glob>', 'back up only what matches, or lies in a folder that does'))
    .addOption(several('exclude', '--exclude <glob>', 'leave out what matches, with all that is in it'))
    .option('--no-ignore-files', 'back up what .backupignore files leave out, too')
    .addOption(
      several('excludeIfPresent', '--exclude-if-present <name>', 'leave out what is in folders that hold such a name'),
    )
    .addOption(new Option('--larger-than <size>', 'leave out larger files: 100MiB').argParser(byteSize))
    .option('--exclude-caches', 'leave out what is in folders with a CACHEDIR.TAG')
    .option('--one-file-system', 'leave out what is on other file systems')
    .option('--follow-symlinks', 'back up what symlinks lead to, as far as it lies below BACKUP_ROOTS');
}

/**
 * The filters of a command, as an input has them: what is given goes before what a source says, and globs come on top of its own. Throws an
 * `ExpectedError` when these are too much together.
 */
export function filtersOf(flags: FilterFlags, before: Filters = {}): { readonly filters?: Filters } {
  const { ignoreFiles, largerThan, excludeCaches, oneFileSystem, followSymlinks } = flags;
  const filters: Filters = {
    ...before,
    ...added('include', flags, before),
    ...added('exclude', flags, before),
    ...(!ignoreFiles && { ignoreFiles }),
    ...added('excludeIfPresent', flags, before),
    ...(largerThan !== undefined && { largerThan }),
    ...(excludeCaches === true && { excludeCaches }),
    ...(oneFileSystem === true && { oneFileSystem }),
    ...(followSymlinks === true && { followSymlinks }),
  };
  if (Object.keys(filters).length === 0) return {};
  parseInput(z.object({ filters: filtersSchema }), { filters });
  return { filters };
}

type ListName = 'include' | 'exclude' | 'excludeIfPresent';

function added(name: ListName, flags: FilterFlags, before: Filters): Filters {
  const given = flags[name];
  return given === undefined ? {} : { [name]: [...(before[name] ?? []), ...given] };
}

function another(name: keyof Filters): (text: string, before?: readonly string[]) => readonly string[] {
  return (text, before = []) => {
    const error = filtersSchema.safeParse({ [name]: [text] }).error;
    if (error) throw new InvalidArgumentError(error.issues.map(({ message }) => `It ${message}.`).join(' '));
    return [...before, text];
  };
}

/** `100MiB`: bytes. */
function byteSize(text: string): number {
  const size = parseByteSize(text);
  if (size !== undefined) return size;
  throw new InvalidArgumentError(`It ${byteSizeHelp}.`);
}
