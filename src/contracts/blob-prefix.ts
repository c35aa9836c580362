import { z } from 'zod';
import { ExpectedError, failureTypes } from './failures.ts';

/** Everything this project writes for itself lies below this name; no backed-up file's blob does. */
export const systemFolder = '.durable-backup';

const longest = 256;

// Control characters by their numbers: not every reader of a JSON Schema knows classes of Unicode.
const folders = /^(?!\/)(?:(?!\.{1,2}\/)[^\\%\u0000-\u001f\u007f-\u009f/]+\/)*$/u; // oxlint-disable-line no-control-regex

// What stands before Azure drops a final dot, Windows a final space too, and Azure refuses U+FFFE and U+FFFF: `encodeSegment` escapes these in names of files.
const safeFolders =
  /^(?:[^\\%\u0000-\u001f\u007f-\u009f\ufffd-\uffff/]*[^\\%\u0000-\u001f\u007f-\u009f\ufffd-\uffff/. ]\/)*$/u; // oxlint-disable-line no-control-regex

function schemaOf(pattern: RegExp, rule: string) {
  return (
    z
      .string('must be a text')
      .max(longest, `must be at most ${longest} characters long`)
      .regex(pattern, rule)
      // Half of a surrogate pair cannot be part of a URL.
      .refine((prefix) => prefix.isWellFormed(), 'must be text that can be written as UTF-8')
      .refine((prefix) => !prefix.startsWith(`${systemFolder}/`), {
        message: `must not lie in ${systemFolder}/, which holds the project's own data`,
      })
  );
}

/** What a backup may put before every blob's name: empty, or folders. No shape of it can leave the container or meet the project's own data. */
export const prefixSchema = schemaOf(
  safeFolders,
  'must be empty or plain folder names, each followed by a slash and none ending in a dot or a space: hosts/web-1/',
);

/** What runs may lie below already: earlier versions took some names more, and what is there can be read and pruned all the same. */
export const knownPrefixSchema = schemaOf(
  folders,
  'must be empty or plain folder names, each followed by a slash: hosts/web-1/',
);

type Given = { readonly prefix?: unknown };

/** The prefix that a job's input names, or else the usual one. Throws an {@link ExpectedError} when it can be none. */
export function prefixOf({ prefix }: Given, usual: string): string {
  return prefix === undefined ? usual : checked(knownPrefixSchema, prefix, 'prefix');
}

/** The same for a new backup, which the usual one must be good for too. */
export function newPrefixOf({ prefix }: Given, usual: string): string {
  return prefix === undefined ? checked(prefixSchema, usual, 'BACKUP_PREFIX') : checked(prefixSchema, prefix, 'prefix');
}

function checked(schema: z.ZodType<string>, prefix: unknown, field: string): string {
  const parsed = schema.safeParse(prefix);
  if (parsed.success) return parsed.data;
  const [fault] = parsed.error.issues;
  throw new ExpectedError(failureTypes.invalidInput, `${field}: ${JSON.stringify(prefix)} ${fault?.message}`);
}
