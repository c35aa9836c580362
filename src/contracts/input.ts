import { z } from 'zod';
import { unknownName } from '../lib/nearest-name.ts';
import { membersOf } from '../lib/schema-members.ts';
import { knownPrefixSchema } from './blob-prefix.ts';
import { ExpectedError, failureTypes } from './failures.ts';

/** What a schema gives, as it travels: nobody changes it. */
export type Immutable<T> = T extends readonly (infer E)[]
  ? readonly Immutable<E>[]
  : T extends object
    ? { readonly [K in keyof T]: Immutable<T[K]> }
    : T;

/** An input by its schema. Throws an {@link ExpectedError}, `InvalidInput`, that says of each wrong member what it must be. */
export function parseInput<T extends z.ZodType>(schema: T, input: unknown): Immutable<z.output<T>> {
  const { success, data, error } = schema.safeParse(input);
  if (success) return data as Immutable<z.output<T>>;
  throw new ExpectedError(failureTypes.invalidInput, faultsOf(schema, error).join('; '));
}

/** What is wrong with an input, member by member; of an unknown one, which known one is nearest. */
export function faultsOf(schema: z.ZodType, { issues }: z.ZodError): string[] {
  return issues.flatMap((issue) => {
    const place = issue.path.length === 0 ? '' : `${issue.path.join('.')}: `;
    if (issue.code !== 'unrecognized_keys') return `${place}${issue.message}`;
    const known = Object.keys(membersOf(schema, issue.path));
    return issue.keys.map((key) => `${place}${unknownName(key, known)}`);
  });
}

export function whole(least: number, most: number) {
  const rule = `must be a whole number from ${least} to ${most}`;
  return z.int(rule).min(least, rule).max(most, rule);
}

export function flag(description: string) {
  return z.boolean('must be true or false').exactOptional().meta({ description });
}

/** A path on some machine, as it is written there. */
export function pathSchema(rule: string) {
  return z.string(rule).refine((path) => !path.includes('\0'), 'holds a null character, which no path can');
}

const nameRule = 'must be 1 to 64 letters, digits, dots, hyphens and underscores, the first a letter or digit';

/**
 * A worker's name stands for the directories of a host. Activities of a job that gives one run on a task queue that only workers
 * with that name among their `WORKER_NAMES` serve, and so where the files are.
 */
export const workerNameSchema = z.string(nameRule).regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/u, nameRule);

/** What a source may be called. */
export const sourceNameSchema = workerNameSchema.meta({ description: 'The name of a source' });

export function isSourceName(text: string): boolean {
  return sourceNameSchema.safeParse(text).success;
}

const mostTags = 32;
const tagRule = 'must be 1 to 100 characters without spaces, commas and control characters';
// Control characters by their numbers: not every reader of a JSON Schema knows classes of Unicode.
const tagPattern = /^[^\s,\u0000-\u001f\u007f-\u009f]{1,100}$/u; // oxlint-disable-line no-control-regex

/** A word that marks runs, such as `nightly` or `before-upgrade`. */
export const tagSchema = z
  .string(tagRule)
  .regex(tagPattern, tagRule)
  .refine((tag) => tag.isWellFormed(), 'must be text that can be written as UTF-8');

/** The tags of a run; each counts once. */
export const tagsSchema = z.array(tagSchema).max(mostTags, `must be at most ${mostTags}`);

/** What can be given for a run, for the end of an error. */
export const runForms =
  "a run's id or an unambiguous beginning of it, latest, a date such as 2026-11-21, or a time such as 2026-11-21T06:10:00Z";

/** The members by which a restore or a verification names a run. */
export const runMembers = {
  run: z.string(`must be ${runForms}`).min(1, `must be ${runForms}`).meta({
    description:
      "A run's id or a beginning of it, latest, or a date or a time in ISO 8601: the last run that had begun by then",
  }),
  root: z.string('must be the directory that was backed up, as a text').exactOptional().meta({
    description:
      'The directory that was backed up, as it was named then; where the prefix holds several and run is no id',
  }),
  prefix: knownPrefixSchema
    .exactOptional()
    .meta({ description: "Below which the run was stored; the worker's BACKUP_PREFIX unless given" }),
};
