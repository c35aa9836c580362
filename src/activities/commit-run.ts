import { hostname } from 'node:os';
import { Context } from '@temporalio/activity';
import type { Run, Tally } from '../shared/contract.ts';
import type { Manifest, ManifestShard } from '../shared/manifest.ts';
import { isBlobStoreError } from '../storage/blob-store.ts';
import { runLayout } from '../storage/run-layout.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { withFailureTypes } from './failures.ts';
import { withHeartbeat } from './heartbeat.ts';

/**
 * Writes the manifest over all shards and returns its address as `container/name`. It is the last write of a run and is written
 * once: a second attempt leaves the first one's manifest.
 */
export function createCommitRun({ store }: ActivityDependencies) {
  return (run: Run, tally: Tally, times: { startedAt: string; finishedAt: string }): Promise<string> =>
    withFailureTypes(() =>
      withHeartbeat(async (signal) => {
        const layout = runLayout(run);
        const shards: ManifestShard[] = [];
        for await (const { name, metadata } of store.list(layout.shards, signal)) {
          shards.push({ blob: name, sha256: metadata['sha256'] ?? '', entries: Number(metadata['entries']) });
        }
        const { files, bytes, failed, skipped } = tally;
        const manifest: Manifest = {
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
        try {
          const body = Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`);
          await store.put(layout.manifest, body, {
            signal,
            precondition: { absent: true },
            contentType: 'application/json',
          });
        } catch (error) {
          if (!isBlobStoreError(error, 'precondition-failed')) throw error;
        }
        return `${store.container}/${layout.manifest}`;
      }),
    );
}
