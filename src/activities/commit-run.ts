import { hostname } from 'node:os';
import { Context } from '@temporalio/activity';
import type { CommittedRun, Run, Tally } from '../shared/contract.ts';
import type { Manifest, ManifestShard } from '../shared/manifest.ts';
import { addTallies, emptyTally } from '../shared/tally.ts';
import { isBlobStoreError, type BlobStore, type Precondition } from '../storage/blob-store.ts';
import { runLayout } from '../storage/run-layout.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { withFailureTypes } from './failures.ts';
import { withHeartbeat } from './heartbeat.ts';
import { describeShard } from './shard.ts';

/**
 * Writes the manifest over all shards and returns its address and the sum of the shards. It is the last write of a run. A manifest
 * that is complete stays as it is; an incomplete one gives way to that of a later round.
 */
export function createCommitRun({ store }: ActivityDependencies) {
  return (run: Run, times: { startedAt: string; finishedAt: string }): Promise<CommittedRun> =>
    withFailureTypes(() =>
      withHeartbeat(async (signal) => {
        const layout = runLayout(run);
        const shards: ManifestShard[] = [];
        let tally = emptyTally;
        for await (const blob of store.list(layout.shards, signal)) {
          const described = describeShard(blob);
          shards.push(described.shard);
          tally = addTallies(tally, described.tally);
        }
        await writeManifest(store, layout.manifest, manifestOf(run, times, tally, shards), signal);
        return { manifest: `${store.container}/${layout.manifest}`, tally };
      }),
    );
}

function manifestOf(
  run: Run,
  times: { startedAt: string; finishedAt: string },
  { files, bytes, failed, skipped }: Tally,
  shards: readonly ManifestShard[],
): Manifest {
  return {
    format: 1,
    run: run.id,
    instanceId: Context.current().info.workflowExecution?.workflowId ?? '',
    root: run.root,
    prefix: run.prefix,
    host: hostname(),
    ...times,
    complete: failed === 0,
    files,
    bytes,
    failed,
    skipped,
    shards,
  };
}

async function writeManifest(store: BlobStore, name: string, manifest: Manifest, signal: AbortSignal): Promise<void> {
  const body = Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`);
  const put = (precondition: Precondition) =>
    store.put(name, body, { signal, precondition, contentType: 'application/json' });
  try {
    await put({ absent: true });
  } catch (error) {
    if (!isBlobStoreError(error, 'precondition-failed')) throw error;
    const found = await store.properties(name, signal);
    const before = JSON.parse((await store.read(name, { from: 0 }, signal)).toString()) as Manifest;
    if (found && !before.complete) await put({ etag: found.etag });
  }
}
