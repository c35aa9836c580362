import type { Backups, RunAsked } from '../../../history/views/backups.ts';
import { prefixParameter, rootParameter, runInPath } from '../parameters.ts';
import { HttpProblem } from '../problem.ts';
import type { Server } from '../route.ts';

/** Which run a request means. */
export const runParameters = {
  inPath: { run: runInPath },
  query: { ...rootParameter, ...prefixParameter },
} as const;

/** What is in storage below a prefix, or the usual one. Throws a 501 {@link HttpProblem} where the process knows no storage account. */
export function backupsBelow({ backups }: Pick<Server, 'backups'>, prefix: string | undefined): Backups {
  if (backups) return backups.below(prefix ?? backups.prefix);
  throw new HttpProblem(
    501,
    'This server does not know the storage account: set AZURE_STORAGE_CONNECTION_STRING or AZURE_STORAGE_ACCOUNT for it',
  );
}

/** The run that a request means. */
export function runAsked(run: string, { root }: { readonly root?: string | undefined }): RunAsked {
  return { run, ...(root !== undefined && root !== '' && { root }) };
}
