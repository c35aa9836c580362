import { ExpectedError, failureTypes } from '../../contracts/failures.ts';
import { tagsSchema } from '../../contracts/input.ts';

/** The tags of a run, each once. Throws an {@link ExpectedError} that names what is wrong. */
export function checkTags(given: readonly string[] = []): readonly string[] {
  const { data, error } = tagsSchema.safeParse(given);
  if (data) return [...new Set(data)];
  const [issue] = error.issues;
  throw new ExpectedError(
    failureTypes.invalidInput,
    `${['tags', ...(issue?.path ?? [])].join('.')}: ${issue?.message}`,
  );
}
