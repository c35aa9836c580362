import { isByteRate } from '../../lib/units.ts';
import type { BackupInput } from '../../contracts/backup.ts';
import { ExpectedError, failureTypes } from '../../contracts/failures.ts';

/** Throws an {@link ExpectedError} when the limit on uploads is one that no run can keep. */
export function checkUploadLimit({ uploadLimit }: Pick<BackupInput, 'uploadLimit'>): void {
  if (uploadLimit === undefined || isByteRate(uploadLimit)) return;
  throw new ExpectedError(
    failureTypes.invalidInput,
    `uploadLimit: give bytes per second, from 1024 to ${1024 ** 4}, not ${JSON.stringify(uploadLimit)}`,
  );
}
