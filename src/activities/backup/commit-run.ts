import { Context } from '@temporalio/activity';
import { emptyTally, type CommittedRun, type Run, type Tally } from '../../contracts/backup.ts';
import { ExpectedError, failureTypes } from '../../contracts/failures.ts';
import type { JobClosing } from '../../contracts/job.ts';
import type { Manifest, ManifestShard } from '../../contracts/manifest.ts';
import { readManifest } from '../../history/records/read-manifest.ts';
import { acceptedAt } from '../../history/records/accepted.ts';
import { metadataOfManifest } from '../../history/records/run-facts.ts';
import type { BlobStore } from '../../storage/blob-store.ts';
import { runLayout, type JobLayout } from '../../storage/run-layout.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import type { Attempt } from '../paged/activity.ts';
import { findSuspicion, type UnsealedManifest } from './suspicion.ts';
import { sumShards, writeLast } from '../paged/commit.ts';
import { unmatchedGlobs } from '../paged/selection-result.ts';
import { describeShard } from '../paged/shard.ts';

/**
 * Writes the manifest over all shards and returns its address and the sum of the shards. It is the last write of a run. A manifest
 * that is complete stays as it is; an incomplete one gives way to that of a later round.
 */
export function createCommitRun({ store, host }: ActivityDependencies) {
  return async ({ signal }: Attempt, run: Run, end: JobClosing): Promise<CommittedRun> => {
    const layout = runLayout(run);
    const { shards, tally, selections } = await sumShards(store, layout.shards, emptyTally, signal);
    // A mirror must not take what a worker of an earlier version wrote down nothing of for all there is.
    const isTold = selections.every(({ told }) => told);
    const leftOut = isTold ? await leftOutOf(store, layout, signal) : undefined;
    const unjudged = manifestOf({ run, host }, end, tally, { shards, leftOut });
    const found = await findSuspicion(store, run, { manifest: unjudged, tally }, signal);
    const manifest = { ...unjudged, ...(found && { suspect: found }) };
    const address = await writeLast(store, layout.manifest, manifest, signal, {
      metadata: metadataOfManifest(manifest),
      isComplete: () => isComplete(store, run, signal),
    });
    const warnings = unmatchedGlobs(run.filters, selections);
    // One that is taken up again may have been accepted.
    const suspect = found && (await acceptedAt(store, run, signal)) === undefined ? found : undefined;
    return {
      manifest: address,
      tally,
      ...(warnings.length > 0 && { warnings }),
      ...(suspect && { suspect }),
    };
  };
}

async function leftOutOf(store: BlobStore, { leftOut }: JobLayout, signal: AbortSignal): Promise<ManifestShard[]> {
  const shards: ManifestShard[] = [];
  for await (const blob of store.list(leftOut, signal)) shards.push(describeShard(blob).shard);
  return shards;
}

function manifestOf(
  { run, host }: { readonly run: Run; readonly host: string },
  { rootAttributes, ...times }: JobClosing,
  { files, bytes, failed, skipped, excluded }: Tally,
  { shards, leftOut }: Pick<Manifest, 'shards'> & { readonly leftOut: Manifest['leftOut'] | undefined },
): UnsealedManifest {
  return {
    format: 1,
    run: run.id,
    instanceId: Context.current().info.workflowExecution?.workflowId ?? '',
    root: run.root,
    ...(rootAttributes && { rootAttributes }),
    prefix: run.prefix,
    host,
    ...times,
    complete: failed === 0,
    files,
    bytes,
    failed,
    skipped,
    ...(run.filters && { filters: run.filters }),
    ...(excluded !== undefined && { excluded }),
    ...(leftOut && { leftOut }),
    ...(run.tags && { tags: run.tags }),
    ...(run.fileSystem && { fileSystem: run.fileSystem }),
    shards,
  };
}

// What cannot be read as a manifest is of no use to anybody, so it gives way too.
async function isComplete(store: BlobStore, run: Run, signal: AbortSignal): Promise<boolean> {
  try {
    return (await readManifest(store, run, signal))?.manifest.complete ?? false;
  } catch (error) {
    if (error instanceof ExpectedError && error.type === failureTypes.manifestInvalid) return false;
    throw error;
  }
}
