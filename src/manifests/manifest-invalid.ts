import { ExpectedError, failureTypes } from '../shared/failures.ts';

/** The error that refuses a run for what `where`, a blob or a line of it, holds. */
export function manifestInvalid(where: string, what: string, cause?: unknown): ExpectedError {
  const message = `${where} ${what}: it was damaged or altered in storage, or its run is being taken up again; nothing of it is used`;
  return new ExpectedError(failureTypes.manifestInvalid, message, { cause });
}
