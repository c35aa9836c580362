import { z } from 'zod';
import { inPath } from '../parameters.ts';
import { HttpProblem, nothing } from '../problem.ts';

const notDots = /^(?!\.{1,2}$)/u;

/** What the id of an instance may begin with. What it may not hold has a meaning in URLs, or marks an entity. */
const idBeginningSchema = z
  .string()
  .min(1, 'must not be empty')
  .max(256, 'must have at most 256 characters')
  .regex(/^[^/\\#?\p{Cc}]*$/u, String.raw`must not hold / \ # ? or control characters`)
  .regex(/^(?!@)/u, 'must not begin with @');

/** An id that a caller may choose. Whatever reads a URL takes `.` and `..` out of its path, so no address leads to these. */
const instanceIdSchema = idBeginningSchema.regex(notDots, 'must not be . or ..').meta({
  description: String.raw`The instance id: 1 to 256 characters without / \ # ?, not beginning with @, not . or ..`,
});

/** Whether something can have an id that begins so; Temporal would not take every other text. */
export function canBeginAnId(prefix: string | undefined): boolean {
  return prefix === undefined || idBeginningSchema.safeParse(prefix).success;
}

/** The name of an event that a caller raises. Names that begin with two underscores are the server's own. */
export const eventNameSchema = z
  .string()
  .min(1, 'must not be empty')
  .max(256, 'must have at most 256 characters')
  .regex(/^\P{Cc}*$/u, 'must not hold control characters')
  .regex(/^(?!__)/u, 'must not begin with two underscores')
  .regex(notDots, 'must not be . or ..')
  .meta({ description: 'The name of the event: 1 to 256 characters, not beginning with two underscores' });

/** An instance that the path names: one that none can be is not there. */
export const instanceInPath = inPath(instanceIdSchema, () => nothing(404));

/** An id that the path chooses. Throws a 400 {@link HttpProblem} for what can be none. */
export function chosenId(instanceId: string): string {
  const { success, error } = instanceIdSchema.safeParse(instanceId);
  if (success) return instanceId;
  throw new HttpProblem(400, `The instance id ${error.issues.map(({ message }) => message).join(', and ')}`);
}
