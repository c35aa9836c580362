import { z } from 'zod';

/**
 * A worker's name stands for the directories of a host. Activities of a job that gives one run on a task queue that only workers
 * with that name among their `WORKER_NAMES` serve, and so where the files are.
 */
export const workerNamePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/u;

/** What a worker's name must be, to end a sentence. */
export const workerNameRule = '1 to 64 letters, digits, dots, hyphens and underscores, the first a letter or digit';

/** Of the option `workerTimeout`, in milliseconds. */
export const workerTimeoutBounds = [1000, 7 * 24 * 3_600_000] as const;

export function isWorkerName(text: unknown): text is string {
  return typeof text === 'string' && workerNamePattern.test(text);
}

const mostTags = 32;

// Control characters by their numbers: not every reader of a JSON Schema knows classes of Unicode.
const pattern = /^[^\s,\u0000-\u001f\u007f-\u009f]{1,100}$/u; // oxlint-disable-line no-control-regex

/** What a tag must be, for messages. */
export const tagRule = '1 to 100 characters without spaces, commas and control characters';

/** A word that marks runs, such as `nightly` or `before-upgrade`. */
export const tagSchema = z
  .string(`must be ${tagRule}`)
  .regex(pattern, `must be ${tagRule}`)
  .refine((tag) => tag.isWellFormed(), 'must be text that can be written as UTF-8');

/** The tags of a run; each counts once. */
export const tagsSchema = z.array(tagSchema).max(mostTags, `must be at most ${mostTags}`);
