import { z } from 'zod';
import { expandBraces, mostAlternatives } from './expand-braces.ts';
import { messageOf } from './message-of.ts';
import { globFault } from './path-glob.ts';

/** What of a directory tree is backed up. It travels with the input and stays with the run, so that every listing decides alike. */
export interface Filters {
  /** Globs: only what matches one of them, or lies in a folder that does, is backed up. Everything unless given. */
  readonly include?: readonly string[];
  /** Globs: what matches one of them is left out, with all that is in it, whatever is included. */
  readonly exclude?: readonly string[];
  /** Whether the rules in files called `.backupignore` count; they do unless this is false. */
  readonly ignoreFiles?: boolean;
  /** Names: of a folder that holds something of such a name, only that and the folder itself are backed up. */
  readonly excludeIfPresent?: readonly string[];
  /** Bytes: larger files are left out. */
  readonly largerThan?: number;
  /** Whether what is in a folder with a `CACHEDIR.TAG` is left out. */
  readonly excludeCaches?: boolean;
  /** Whether what is on another file system than the root is left out. */
  readonly oneFileSystem?: boolean;
  /** Whether a symlink is backed up as what it leads to, as far as that lies in the directories that the worker may read. */
  readonly followSymlinks?: boolean;
}

/** What a file with rules of what to leave out of its directory is called. */
export const ignoreFileName = '.backupignore';

const mostGlobs = 1000;
const longestGlob = 4096;
// Of each list. Each is asked about each name, and takes memory on every worker that lists.
const mostInAll = 5000;

/** The globs of filters in one order, each with the option that it was given for. */
export function globsOf({ include = [], exclude = [] }: Filters): readonly Glob[] {
  return [
    ...include.map((glob) => ({ option: 'include', glob }) as const),
    ...exclude.map((glob) => ({ option: 'exclude', glob }) as const),
  ];
}

export interface Glob {
  readonly option: 'include' | 'exclude';
  readonly glob: string;
}

const globs = z
  .array(z.string().max(longestGlob))
  .max(mostGlobs)
  .superRefine((texts, context) => {
    let alternatives = 0;
    for (const [i, text] of texts.entries()) {
      // That is told of already.
      if (text.length > longestGlob) continue;
      const { count, fault } = lookAt(text);
      if (fault !== undefined) context.addIssue({ code: 'custom', path: [i], message: fault });
      alternatives += count;
      if (alternatives > mostInAll) {
        const message = `must not stand for more than ${mostInAll} globs in all; give fewer alternatives in { }`;
        context.addIssue({ code: 'custom', message });
        return;
      }
    }
  });

const name = z
  .string()
  .min(1)
  .max(255)
  .refine((text) => !/[/\0]/u.test(text) && text !== '.' && text !== '..', 'must be a name, without a slash');

const flag = (description: string) => z.exactOptional(z.boolean()).meta({ description });

/** {@link Filters}, checked; every wrong member is named. */
export const filtersSchema = z
  .strictObject({
    include: z.exactOptional(globs).meta({
      description:
        'Globs: only what matches one of them, or lies in a folder that does, is backed up. One with a slash at its beginning or in its middle is relative to the root',
    }),
    exclude: z.exactOptional(globs).meta({
      description: 'Globs: what matches one of them is left out, with all that is in it',
    }),
    ignoreFiles: flag('Whether the rules in files called .backupignore count; they do unless this is false'),
    excludeIfPresent: z.exactOptional(z.array(name).max(100)).meta({
      description: 'Names: of a folder that holds one of them, only that and the folder itself are backed up',
    }),
    largerThan: z.exactOptional(z.int().min(0)).meta({ description: 'Bytes: larger files are left out' }),
    excludeCaches: flag('Leave out what is in folders with a CACHEDIR.TAG'),
    oneFileSystem: flag('Leave out what is on another file system than the root'),
    followSymlinks: flag('Back up what symlinks lead to, where that lies in the directories that the worker may read'),
  })
  .meta({ description: 'What of the tree is backed up' }) satisfies z.ZodType<Filters>;

/** How many globs without braces a glob stands for, or what is wrong with it. */
function lookAt(text: string): { readonly count: number; readonly fault?: string | undefined } {
  const fault = globFault(text);
  if (fault !== undefined) return { count: 1, fault };
  try {
    return { count: expandBraces(text).length };
  } catch (error) {
    return { count: mostAlternatives, fault: `cannot be used: ${messageOf(error)}` };
  }
}
