import { z } from 'zod';

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
