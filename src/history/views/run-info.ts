import { z } from 'zod';
import { type Manifest, holdsContent, type ManifestEntry } from '../../contracts/manifest.ts';
import { isSuspect, suspicionSchema } from '../../contracts/suspicion.ts';
import type { Immutable } from '../../contracts/input.ts';

/**
 * How a run stands: `complete`; `incomplete` it ended and some files failed; `suspect` it ended, and may not be what its directory ought to
 * hold; `unfinished` it runs, or was stopped, and has no manifest;
 * `unreadable` its manifest is damaged or of a newer version.
 */
const runStates = ['complete', 'incomplete', 'suspect', 'unfinished', 'unreadable'] as const;

const count = z.int().min(0).exactOptional();

/** One run, as a list of the history shows it. What only a manifest tells is absent without one. */
export const runInfoSchema = z
  .strictObject({
    run: z.string().meta({ description: 'Its id' }),
    state: z.enum(runStates),
    startedAt: z.iso.datetime(),
    finishedAt: z.iso.datetime().exactOptional(),
    durationMs: z.number().exactOptional(),
    files: count,
    bytes: count,
    failed: count,
    skipped: count,
    root: z.string().exactOptional(),
    instanceId: z.string().exactOptional(),
    tags: z.array(z.string()).exactOptional(),
    // It stays when somebody accepted the run.
    suspect: suspicionSchema.exactOptional(),
    // It cannot be chosen any more, and the next prune may delete its data.
    forgottenAt: z.string().exactOptional().meta({ description: 'When it was forgotten' }),
    stoppedAt: z.iso.datetime().exactOptional().meta({
      description: 'Of an unfinished run, when it was stopped or failed; without, it may be under way',
    }),
    reason: z
      .string()
      .exactOptional()
      .meta({ description: 'Why its manifest cannot be read, or why it failed before it had one' }),
  })
  .meta({ id: 'Run', description: 'One run' });

export type RunInfo = Immutable<z.infer<typeof runInfoSchema>>;

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
