import { ExpectedError, failureTypes } from '../../contracts/failures.ts';
import { filtersSchema, type Filters } from '../../contracts/filters.ts';

/** The filters of a run; undefined when there are none. Throws an {@link ExpectedError} that names each wrong one. */
export function checkFilters(given: Filters | undefined): Filters | undefined {
  if (given === undefined) return undefined;
  const { data, error } = filtersSchema.safeParse(given);
  if (error) {
    const wrong = error.issues.map(({ path, message }) => `${['filters', ...path].join('.')}: ${message}`);
    throw new ExpectedError(failureTypes.invalidInput, wrong.join('; '));
  }
  return Object.keys(data).length === 0 ? undefined : data;
}
