import { z } from 'zod';
import { systemFolder } from './blob-name.ts';
import { ExpectedError, failureTypes } from './failures.ts';

const longest = 256;
// Control characters by their numbers: not every reader of a JSON Schema knows classes of Unicode.
const folders = /^(?!\/)(?:(?!\.{1,2}\/)[^\\%\u0000-\u001f\u007f-\u009f/]+\/)*$/u; // oxlint-disable-line no-control-regex

/** What is put before every blob's name: empty, or folders. No shape of it can leave the container or meet the project's own data. */
export const prefixSchema = z
  .string()
  .max(longest, `must be at most ${longest} characters long`)
  .regex(folders, 'must be empty or plain folder names, each followed by a slash: hosts/web-1/')
  // Half of a surrogate pair cannot be part of a URL.
  .refine((prefix) => prefix.isWellFormed(), 'must be text that can be written as UTF-8')
  .refine((prefix) => !prefix.startsWith(`${systemFolder}/`), {
    message: `must not lie in ${systemFolder}/, which holds the project's own data`,
  });

/** The prefix that a job's input names, or else the usual one. Throws an {@link ExpectedError} when it can be none. */
export function prefixOf({ prefix }: { readonly prefix?: unknown }, usual: string): string {
  if (prefix === undefined) return usual;
  const parsed = prefixSchema.safeParse(prefix);
  if (parsed.success) return parsed.data;
  const [fault] = parsed.error.issues;
  throw new ExpectedError(failureTypes.invalidInput, `prefix: ${JSON.stringify(prefix)} ${fault?.message}`);
}
