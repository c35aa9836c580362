import { type Manifest, holdsContent, type ManifestEntry } from '../../contracts/manifest.ts';
import { isSuspect, type Suspicion } from '../../contracts/suspicion.ts';

/**
 * How a run stands: `complete`; `incomplete` it ended and some files failed; `suspect` it ended, and may not be what its directory ought to
 * hold; `unfinished` it runs, or was stopped, and has no manifest;
 * `unreadable` its manifest is damaged or of a newer version.
 */
export const runStates = ['complete', 'incomplete', 'suspect', 'unfinished', 'unreadable'] as const;

/** One run, as a list of the history shows it. What only a manifest tells is absent without one. */
export interface RunInfo {
  readonly run: string;
  readonly state: (typeof runStates)[number];
  /** ISO 8601, as is `finishedAt`. */
  readonly startedAt: string;
  readonly finishedAt?: string;
  readonly durationMs?: number;
  readonly files?: number;
  readonly bytes?: number;
  readonly failed?: number;
  readonly skipped?: number;
  readonly root?: string;
  readonly instanceId?: string;
  readonly tags?: readonly string[];
  /** Why it is suspect, or was before somebody accepted it. */
  readonly suspect?: Suspicion;
  /** When it was forgotten: it cannot be chosen any more, and the next prune may delete its data. */
  readonly forgottenAt?: string;
  /** Why the manifest cannot be read. */
  readonly reason?: string;
}

/** What a manifest says of its run. */
export function infoOf({ run, complete, startedAt, finishedAt, ...manifest }: Manifest): RunInfo {
  const { files, bytes, failed, skipped, root, instanceId, tags, suspect } = manifest;
  return {
    run,
    state: isSuspect(manifest) ? 'suspect' : complete ? 'complete' : 'incomplete',
    startedAt,
    finishedAt,
    durationMs: Date.parse(finishedAt) - Date.parse(startedAt),
    files,
    bytes,
    failed,
    skipped,
    root,
    instanceId,
    ...(tags && { tags }),
    ...(suspect && { suspect }),
  };
}

/** Whether a run holds what it lists at a path, so that a restore brings it back. */
export function isHeld(entry: ManifestEntry): boolean {
  return entry.outcome === 'recorded' || holdsContent(entry);
}
