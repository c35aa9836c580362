import { z } from 'zod';

/** An id that a caller may choose. What it may not hold has a meaning in URLs, or marks an entity. */
export const instanceIdSchema = z
  .string()
  .min(1, 'must not be empty')
  .max(256, 'must have at most 256 characters')
  .regex(/^[^/\\#?\p{Cc}]*$/u, String.raw`must not hold / \ # ? or control characters`)
  .regex(/^(?!@)/u, 'must not begin with @')
  .meta({ description: String.raw`The instance id: 1 to 256 characters without / \ # ?, not beginning with @` });

/** The name of an event that a caller raises. Names that begin with two underscores are the server's own. */
export const eventNameSchema = z
  .string()
  .min(1, 'must not be empty')
  .max(256, 'must have at most 256 characters')
  .regex(/^\P{Cc}*$/u, 'must not hold control characters')
  .regex(/^(?!__)/u, 'must not begin with two underscores')
  .meta({ description: 'The name of the event: 1 to 256 characters, not beginning with two underscores' });
