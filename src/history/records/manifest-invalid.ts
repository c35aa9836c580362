import { ExpectedError, failureTypes } from '../../contracts/failures.ts';

const remedies = {
  manifest: 'take another run, or back up again',
  runs: 'back up again; what is stored already is not sent once more',
  restores: 'restore again',
  verifications: 'verify again',
  prunes: 'prune again',
  mark: 'delete it when no job is under way that wrote it',
} as const;

/** The error that refuses what `where`, a blob of a job's own or a line of one, holds. */
export function manifestInvalid(where: string, what: string, cause?: unknown): ExpectedError {
  const kind = kindOf(where);
  const orElse = kind === 'manifest' ? ', or its run is being taken up again' : '';
  const message = `${where} ${what}: it was damaged or altered in storage${orElse}; nothing of it is used: ${remedies[kind]}`;
  return new ExpectedError(failureTypes.manifestInvalid, message, { cause });
}

function kindOf(where: string): keyof typeof remedies {
  const [, kind, file] = /\/(runs|restores|verifications|prunes)\/[^/]+\/(\w+)/u.exec(where) ?? [];
  if (kind === 'runs' && file === 'manifest') return 'manifest';
  return (kind as Exclude<keyof typeof remedies, 'manifest'> | undefined) ?? 'mark';
}
