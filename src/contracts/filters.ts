import { z } from 'zod';
import { byteSizeSchema } from '../lib/units.ts';
import { budgetFault, globBudget } from './globs/glob-budget.ts';
import { globFault } from './globs/path-glob.ts';
import { flag, type Immutable } from './input.ts';

/** What a file with rules of what to leave out of its directory is called. */
export const ignoreFileName = '.backupignore';

const mostGlobs = 1000;

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
  .array(z.string().max(globBudget.longest))
  .max(mostGlobs)
  .superRefine((texts, context) => {
    for (const [i, text] of texts.entries()) {
      // That is told of already.
      if (text.length > globBudget.longest) continue;
      const message = globFault(text) ?? budgetFault([text])?.message;
      if (message !== undefined) context.addIssue({ code: 'custom', path: [i], message });
    }
  });

const name = z
  .string()
  .min(1)
  .max(255)
  .refine((text) => !/[/\0]/u.test(text) && text !== '.' && text !== '..', 'must be a name, without a slash');

/** What of a directory tree is backed up; `largerThan`: how a size is written. */
export function filtersSchemaWith<T extends z.ZodType<number>>(largerThan: T) {
  return z
    .strictObject({
      include: globs.exactOptional().meta({
        description:
          'Globs: only what matches one of them, or lies in a folder that does, is backed up. One with a slash at its beginning or in its middle is relative to the root',
      }),
      exclude: globs.exactOptional().meta({
        description: 'Globs: what matches one of them is left out, with all that is in it',
      }),
      ignoreFiles: flag('Whether the rules in files called .backupignore count; they do unless this is false'),
      excludeIfPresent: z.array(name).max(100).exactOptional().meta({
        description: 'Names: of a folder that holds one of them, only that and the folder itself are backed up',
      }),
      largerThan: largerThan.exactOptional(),
      excludeCaches: flag('Leave out what is in folders with a CACHEDIR.TAG'),
      oneFileSystem: flag('Leave out what is on another file system than the root'),
      followSymlinks: flag(
        'Back up what symlinks lead to, where that lies in the directories that the worker may read',
      ),
    })
    .superRefine(({ include = [], exclude = [] }, context) => {
      const fault = budgetFault([...include, ...exclude]);
      // What is wrong with one of them is told of that one.
      if (!fault || fault.at !== undefined) return;
      context.addIssue({ code: 'custom', path: [exclude.length > 0 ? 'exclude' : 'include'], message: fault.message });
    })
    .meta({ description: 'What of the tree is backed up' });
}

/** The same with a size in bytes. */
export const filtersSchema = filtersSchemaWith(
  byteSizeSchema.meta({ description: 'Bytes: larger files are left out' }),
);

/** What of a directory tree is backed up. It travels with the input and stays with the run, so that every listing decides alike. */
export type Filters = Immutable<z.infer<typeof filtersSchema>>;

/** Why things are left out: kinds of rules; `not-held` is said in restores alone, of what the run lists and does not hold. */
export const leavingOut = [
  'include',
  'exclude',
  'ignore-file',
  'if-present',
  'cache',
  'larger-than',
  'file-system',
  'own-data',
  'not-held',
] as const;

/** A rule that leaves things out: what kind it is of, what it says, and where it stands, if in a file. */
export const whySchema = z.object({
  by: z.enum(leavingOut),
  rule: z.string().exactOptional().meta({ description: 'A glob, a line, a name or a size' }),
  at: z.string().exactOptional().meta({
    description: 'The file and the line of it, or the file that marks a directory; relative to the root',
  }),
});

export type Why = Immutable<z.infer<typeof whySchema>>;

/** Why something is left out, for people; shorter where the rule itself is not known. */
export function wordsOf(why: Why): string {
  return words[why.by](why);
}

const words: Readonly<Record<Why['by'], (why: Why) => string>> = {
  include: () => 'matches no include',
  exclude: ({ rule }) => `excluded${by(rule)}`,
  'ignore-file': ({ rule, at = 'an ignore file' }) => `excluded${by(rule)} in ${at}`,
  'if-present': ({ at = 'something that marks its folder' }) => `there is ${at}`,
  cache: ({ at = 'its tag' }) => `a cache, says ${at}`,
  'larger-than': ({ rule }) =>
    rule === undefined ? 'too large' : `larger than ${Number(rule).toLocaleString('en-US')} bytes`,
  'file-system': () => 'on another file system',
  'own-data': () => 'the data of the embedded servers, which hold the backups',
  'not-held': ({ rule = 'no reason is known' }) => `listed, and not held (${rule})`,
};

function by(rule: string | undefined): string {
  return rule === undefined ? '' : ` by ${rule}`;
}
