import type { ForgetRow } from '../../contracts/forget.ts';
import type { Manifest } from '../../contracts/manifest.ts';
import { startOf } from '../../contracts/run-start.ts';

/** What is told of a run whose manifest can be read, and who made it. */
export type KnownRun = Required<Pick<ForgetRow, 'run' | 'startedAt' | 'root' | 'complete' | 'files' | 'bytes'>> &
  Pick<ForgetRow, 'tags'> &
  Pick<Manifest, 'instanceId' | 'suspect' | 'filters'>;

export function knownRun(manifest: Manifest): KnownRun {
  const { run, startedAt, root, complete, files, bytes, tags, instanceId, suspect, filters } = manifest;
  return {
    run,
    startedAt,
    root,
    complete,
    files,
    bytes,
    ...(tags && { tags }),
    instanceId,
    ...(suspect && { suspect }),
    ...(filters && { filters }),
  };
}

/** A run of which only the id is known. */
export function bareRow(id: string): Pick<ForgetRow, 'run' | 'startedAt'> {
  return { run: id, startedAt: startOf(id) };
}
