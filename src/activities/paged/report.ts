import type { ManifestShard } from '../../contracts/manifest.ts';
import { addTallies } from '../../contracts/tally.ts';
import { z } from 'zod';
import { sealManifest, parseSealed } from '../../history/records/manifest-checksum.ts';
import { readBlob } from '../../history/records/read-blob.ts';
import type { BlobStore } from '../../storage/blob-store.ts';
import { selectionOf, type SelectionResult } from './selection-result.ts';
import { describeShard } from './shard.ts';
import { writeLast } from './write-last.ts';

/** The shards whose names begin with `prefix`, in order, the sum of what they count, and what filters did on the page of each. */
export async function sumShards<T extends { readonly [K in keyof T]?: number }>(
  store: BlobStore,
  prefix: string,
  empty: T,
  signal: AbortSignal,
): Promise<{ shards: ManifestShard[]; tally: T; selections: SelectionResult[] }> {
  const shards: ManifestShard[] = [];
  const selections: SelectionResult[] = [];
  let tally = empty;
  for await (const blob of store.list(prefix, signal)) {
    const described = describeShard(blob);
    shards.push(described.shard);
    selections.push(selectionOf(blob));
    tally = addTallies(tally, described.tally as T);
  }
  return { shards, tally, selections };
}

const reportSchema = z.object({ complete: z.boolean() });

/** Writes a job's report with its checksum. One that is complete stays as it is; an incomplete one gives way to that of a later round. */
export async function writeReport(
  store: BlobStore,
  name: string,
  report: { readonly complete: boolean },
  signal: AbortSignal,
): Promise<void> {
  const isFinal = async () => {
    const found = await readBlob(store, name, signal);
    // What cannot be read as a report is of no use to anybody, so it gives way too.
    return found !== undefined && parseSealed(reportSchema, found.bytes)?.complete === true;
  };
  await writeLast(store, name, sealManifest(report), isFinal, signal);
}
