import type { Backups, RunAsked } from '../../history/views/backups.ts';
import { parseRunReference } from '../../history/runs/run-not-found.ts';
import type { Manifest } from '../../contracts/manifest.ts';
import type { Scope } from './open/scope.ts';
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
  readonly found?: { readonly manifest: Manifest; readonly backups: Backups };
}

/** Finds the run here where that is possible, so that a command that is run again means the same one. */
export async function fixRun(
  session: Session,
  { run, root, definition, prefixes }: Scope & { readonly run: string },
  signal: AbortSignal,
): Promise<FixedRun> {
  const asked: RunAsked = { run, ...(root !== undefined && { root }) };
  const where = definition ? { prefix: definition.prefix } : {};
  if (!session.backups && parseRunReference(run)) return { ...asked, ...where };
  const { AllBackups } = await import('../sources/all-backups.ts');
  const { manifest, place } = await new AllBackups(requireBackups(session), prefixes).find(asked, signal);
  const { prefix, source, backups } = place;
  return { run: manifest.run, ...(source !== undefined && { prefix }), found: { manifest, backups } };
}
