import { log } from '@temporalio/activity';
import { systemFolder } from '../../contracts/blob-prefix.ts';
import {
  type VerificationTally,
  type VerifiedFile,
  emptyVerificationTally,
  verificationTallyOf,
} from '../../contracts/verification.ts';
import { sumTallies } from '../../contracts/job.ts';
import type { BlobProperties, BlobStore } from '../../storage/blob-store.ts';
import type { JobLayout } from '../../storage/run-layout.ts';
import { writeShard } from '../paged/shard.ts';
import { mayBeRewritten } from '../../history/records/blob-names.ts';
import { entriesOfBlobs } from '../../history/entries/entries-of-blobs.ts';
import { newestManifests, type FoundManifest, listRuns } from '../../history/runs/run-catalogue.ts';
import { ExpectedError } from '../../contracts/failures.ts';

const batchSize = 10_000;

/** Blobs that the verified run has no use for. */
export interface ExtraBlobs {
  readonly add: (blob: BlobProperties) => Promise<void>;
  /** Writes down what is left. */
  readonly end: () => Promise<void>;
}

/**
 * Writes the blobs that no run refers to into shards of their own at the end of the ledger. Memory holds batches of them. That a
 * backup which is under way, or was stopped, has stored some of them cannot be told: it has no manifest.
 */
export function createExtraBlobs(
  { store, signal }: { readonly store: BlobStore; readonly signal: AbortSignal },
  { prefix, layout }: { readonly prefix: string; readonly layout: JobLayout },
): ExtraBlobs {
  const references = createReferences(store, prefix, signal);
  // Kept apart, for a name that does not tell the path makes it necessary to read all that the runs refer to.
  const batches = { plain: new Map<string, VerifiedFile>(), rewritten: new Map<string, VerifiedFile>() };
  const ledger = createExtraLedger(store, layout, signal);

  const settle = async (batch: Map<string, VerifiedFile>) => {
    await references.strike(batch);
    await ledger.add([...batch.values()]);
    batch.clear();
  };

  return {
    add: async (blob) => {
      if (blob.name.startsWith(`${systemFolder}/`)) return;
      const batch = mayBeRewritten(blob.name, prefix) ? batches.rewritten : batches.plain;
      batch.set(blob.name, extraRow(blob));
      if (batch.size >= batchSize) await settle(batch);
    },
    end: async () => {
      await settle(batches.plain);
      await settle(batches.rewritten);
      await ledger.end();
    },
  };
}

function extraRow({ name, etag, size, metadata }: BlobProperties): VerifiedFile {
  const { sha256 = '' } = metadata;
  return { path: name, kind: 'file', blob: name, etag, sha256, size, outcome: 'extra', attempts: 0 };
}

function createExtraLedger(store: BlobStore, layout: JobLayout, signal: AbortSignal) {
  let rows: VerifiedFile[] = [];
  let written = 0;
  const write = async () => {
    const shard = rows;
    rows = [];
    await writeShard(store, extraShard(layout, written++), shard, tallyOf(shard), signal);
  };

  return {
    add: async (more: readonly VerifiedFile[]) => {
      rows.push(...more);
      if (rows.length >= batchSize) await write();
    },
    end: async () => {
      if (rows.length > 0) await write();
      // An attempt before this one may have found more, and none of it counts.
      for await (const { name } of store.list(extraShard(layout), signal)) {
        if (name >= extraShard(layout, written)) await write();
      }
    },
  };
}

/** Whether a shard of the ledger holds extra blobs. */
export function isExtraShard(layout: JobLayout, blob: string): boolean {
  return blob.startsWith(extraShard(layout));
}

// After the shards of the pages, whose names are digits.
function extraShard({ shards }: JobLayout, number?: number): string {
  return `${shards}extra-${number === undefined ? '' : `${String(number).padStart(8, '0')}.ndjson.gz`}`;
}

function tallyOf(rows: readonly VerifiedFile[]): VerificationTally {
  return sumTallies(rows.map(verificationTallyOf), emptyVerificationTally);
}

/** What the runs below a prefix refer to. */
interface References {
  /** Takes the blobs away that a run refers to, and all of them when a run cannot be read: it may refer to any. */
  readonly strike: (blobs: Map<string, unknown>) => Promise<void>;
}

/**
 * Holds the manifests of all runs, read when they are first needed, and one batch of names. Of the entries it reads only the shards
 * in which a name could stand, so that a few blobs that belong to older runs cost a few shards of each.
 */
function createReferences(store: BlobStore, prefix: string, signal: AbortSignal): References {
  const readRuns = async () => {
    const ids = await Array.fromAsync(listRuns(store, prefix, signal));
    return Array.fromAsync(newestManifests(store, prefix, ids, signal));
  };
  let runs: Promise<FoundManifest[]> | undefined;
  return {
    strike: async (blobs) => {
      for (const run of await (runs ??= readRuns())) {
        if (blobs.size === 0) return;
        await strikeRun(store, run, blobs, signal);
      }
    },
  };
}

async function strikeRun(
  store: BlobStore,
  run: FoundManifest,
  blobs: Map<string, unknown>,
  signal: AbortSignal,
): Promise<void> {
  try {
    if ('fault' in run) throw run.fault;
    for await (const { blob } of entriesOfBlobs(store, run.manifest, [...blobs.keys()], signal)) blobs.delete(blob);
  } catch (error) {
    if (!(error instanceof ExpectedError)) throw error;
    log.warn('Extra blobs are not looked for: a run that may refer to them cannot be read', { reason: error.message });
    blobs.clear();
  }
}
