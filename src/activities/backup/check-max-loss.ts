import type { BackupInput } from '../../contracts/backup.ts';
import { ExpectedError, failureTypes } from '../../contracts/failures.ts';
import { maxLossSchema } from '../../contracts/suspicion.ts';

/** Throws an {@link ExpectedError} when what a run may lose, or whether a loss is expected, is of the wrong form. */
export function checkMaxLoss({ maxLoss, expectLoss }: Pick<BackupInput, 'maxLoss' | 'expectLoss'>): void {
  if (maxLoss !== undefined && !maxLossSchema.safeParse(maxLoss).success)
    throw invalid(`maxLoss: give a share above 0 and at most 1, such as 0.5, not ${JSON.stringify(maxLoss)}`);
  if (expectLoss !== undefined && typeof expectLoss !== 'boolean')
    throw invalid(`expectLoss: give true or false, not ${JSON.stringify(expectLoss)}`);
}

function invalid(message: string): ExpectedError {
  return new ExpectedError(failureTypes.invalidInput, message);
}
