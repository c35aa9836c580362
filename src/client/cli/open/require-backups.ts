import type { Backups } from '../../../history/views/backups.ts';
import { ExpectedError } from '../../../contracts/failures.ts';
import type { Session } from './session.ts';

/** What is in storage. Throws an ExpectedError where only the workers know the account. */
export function requireBackups({ backups }: Session): Backups {
  if (backups) return backups;
  throw new ExpectedError(
    'InvalidConfiguration',
    'The run has to be looked up in storage, and no account is named here: set AZURE_STORAGE_CONNECTION_STRING or AZURE_STORAGE_ACCOUNT',
  );
}
