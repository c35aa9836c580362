import type { ContainerClient, ContainerListBlobFlatSegmentResponse } from '@azure/storage-blob';
import type { Client } from '@temporalio/client';
import { askStorage, codeOf, statusOf, type Patience } from './ask-storage.ts';
import { eachConcurrently } from '../../lib/each-concurrently.ts';
import { prefixOf, sha256OfBlob } from './claim.ts';
import { findReferences, scanNamespace } from './scan-namespace.ts';

const day = 86_400_000;
const deletesAtOnce = 8;
const patience: Patience = { answerWithin: 30_000, tries: 3, firstDelay: 200 };

export interface PruneOptions {
  /** Its namespace is the one that is searched, and the one whose blobs are pruned. Its data converter does not matter. */
  readonly client: Client;
  /** Used by this namespace of this Temporal server alone: another server's workflows would not be seen. */
  readonly container: ContainerClient;
  /**
   * A blob that was stored, or stored again, more recently is kept. Milliseconds, a day by default. Must be longer than a stored
   * payload can take to appear in a history: hours rather than seconds, unless no client and no worker is running.
   */
  readonly graceMs?: number;
  /** Deletes nothing, and counts what it would delete. */
  readonly dryRun?: boolean;
  /** As the driver was named. */
  readonly driverName?: string;
  /** Told, line by line, what is being done. */
  readonly report?: (line: string) => void;
}

export interface PruneResult {
  /** Workflow executions whose histories were searched; 0 when no blob was old enough for it to matter. */
  readonly scanned: number;
  /** Blobs that are past their grace and that an execution refers to. */
  readonly referenced: number;
  /** Blobs that stay: referenced, young, or used again while this ran. */
  readonly kept: number;
  readonly deleted: number;
  /** Bytes of the deleted blobs. */
  readonly bytesFreed: number;
}

interface Candidate {
  readonly name: string;
  readonly etag: string;
  readonly bytes: number;
}

/**
 * Deletes the large messages of a namespace that no retained workflow execution, schedule or standalone activity refers to.
 *
 * Safe beside running clients and workers: blobs are listed before histories are searched, and one is deleted only if it was old then
 * and is still the same, while storing a payload again renews its blob. Remembers about 300 bytes for each old blob and 100 for each
 * execution.
 *
 * Throws a `ScanError`, before anything is deleted, when any history cannot be read; a `RangeError` when `graceMs` is negative; and
 * what the Azure SDK throws when the container cannot be listed or a blob not be deleted. It can be run again after any of them.
 */
export async function pruneMessages(options: PruneOptions): Promise<PruneResult> {
  const { client, container, graceMs = day, dryRun = false, driverName = 'azure.blobdriver' } = options;
  const report = options.report ?? (() => undefined);
  if (!(graceMs >= 0)) throw new RangeError('graceMs must not be negative');

  const { candidates, young } = await listOld(container, client.options.namespace, graceMs);
  const old = candidates.size;
  report(`${old + young} large messages, ${old} of them past their grace`);
  if (old === 0) return { scanned: 0, referenced: 0, kept: young, deleted: 0, bytesFreed: 0 };

  const scanned = await scanNamespace(client, (message) =>
    findReferences(message, driverName, (sha256) => candidates.delete(sha256)),
  );
  const referenced = old - candidates.size;
  report(`${scanned} workflow executions searched; ${referenced} of ${old} large messages are in use`);

  const swept = { deleted: 0, bytesFreed: 0, renewed: 0 };
  await eachConcurrently(candidates.values(), deletesAtOnce, async (candidate) => {
    const outcome = dryRun ? 'deleted' : await deleteUnchanged(container, candidate);
    if (outcome === 'renewed') swept.renewed += 1;
    if (outcome !== 'deleted') return;
    swept.deleted += 1;
    swept.bytesFreed += candidate.bytes;
  });
  const { deleted, bytesFreed, renewed } = swept;
  return { scanned, referenced, kept: young + referenced + renewed, deleted, bytesFreed };
}

async function listOld(container: ContainerClient, namespace: string, graceMs: number) {
  const candidates = new Map<string, Candidate>();
  let young = 0;
  let continuationToken: string | undefined;
  do {
    const page = await listPage(container, prefixOf(namespace), continuationToken);
    if (page === undefined) break;
    // By the service's own clock, which also wrote the blobs' times.
    const now = page.date?.getTime() ?? Date.now();
    for (const { name, properties } of page.segment.blobItems) {
      const sha256 = sha256OfBlob(name);
      if (sha256 === undefined) continue;
      const isYoung = properties.lastModified.getTime() > now - graceMs;
      if (isYoung) young += 1;
      else candidates.set(sha256, { name, etag: properties.etag, bytes: properties.contentLength ?? 0 });
    }
    continuationToken = page.continuationToken;
  } while (continuationToken);
  return { candidates, young };
}

// Undefined when there is no container: then nothing was ever stored.
async function listPage(container: ContainerClient, prefix: string, continuationToken: string | undefined) {
  try {
    return await askStorage({
      patience,
      send: async (abortSignal) => {
        const settings = { maxPageSize: 5000, ...(continuationToken && { continuationToken }) };
        const { value } = await container.listBlobsFlat({ prefix, abortSignal }).byPage(settings).next();
        return value as ContainerListBlobFlatSegmentResponse;
      },
    });
  } catch (error) {
    if (codeOf(error) === 'ContainerNotFound') return undefined;
    throw error;
  }
}

async function deleteUnchanged(container: ContainerClient, { name, etag }: Candidate) {
  const blob = container.getBlobClient(name);
  const conditions = { ifMatch: etag };
  try {
    await askStorage({
      patience,
      send: (abortSignal) => blob.delete({ abortSignal, conditions, deleteSnapshots: 'include' }),
    });
    return 'deleted';
  } catch (error) {
    if (statusOf(error) === 412) return 'renewed';
    if (statusOf(error) === 404) return 'gone';
    throw error;
  }
}
