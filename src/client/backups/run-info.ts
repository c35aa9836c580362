import type { Manifest } from '../../shared/manifest.ts';

/**
 * How a run stands: `complete`; `incomplete` it ended and some files failed; `unfinished` it runs, or was stopped, and has no manifest;
 * `unreadable` its manifest is damaged or of a newer version.
 */
export const runStates = ['complete', 'incomplete', 'unfinished', 'unreadable'] as const;

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
  /** When it was forgotten: it cannot be chosen any more, and the next prune may delete its data. */
  readonly forgottenAt?: string;
  /** Why the manifest cannot be read. */
  readonly reason?: string;
}

/** What a manifest says of its run. */
export function infoOf({ run, complete, startedAt, finishedAt, ...manifest }: Manifest): RunInfo {
  const { files, bytes, failed, skipped, root, instanceId, tags } = manifest;
  return {
    run,
    state: complete ? 'complete' : 'incomplete',
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
  };
}
