import type { RunAsked } from '../../history/views/backups.ts';
import { parseRunReference } from '../../history/runs/run-not-found.ts';
import type { Manifest } from '../../contracts/manifest.ts';
import type { SourceFlags } from './open/at-source.ts';
import { requireBackups } from './open/require-backups.ts';
import type { Session } from './open/session.ts';

/** The run that a job is to be about. */
export interface FixedRun {
  readonly run: string;
  /** Where the worker has to choose among several directories. */
  readonly root?: string;
  /** Below which it is, unless that is the usual one. */
  readonly prefix?: string;
  /** Absent where only the workers know the storage account; then they find the run. */
  readonly manifest?: Manifest;
}

/** Finds the run here where that is possible, so that a command that is run again means the same one. */
export async function fixRun(
  session: Session,
  { run, source: root, definition }: SourceFlags & { readonly run: string },
  signal: AbortSignal,
): Promise<FixedRun> {
  const asked: RunAsked = { run, ...(root !== undefined && { root }) };
  const where = definition ? { prefix: definition.prefix } : {};
  if (!session.backups && parseRunReference(run)) return { ...asked, ...where };
  const { manifest } = await requireBackups(session).find(asked, signal);
  return { run: manifest.run, ...where, manifest };
}
