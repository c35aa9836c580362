import { entriesOfBlobs } from '../../history/entries/entries-of-blobs.ts';
import { manifestInvalid } from '../../history/records/manifest-invalid.ts';
import { readManifest } from '../../history/records/read-manifest.ts';
import { ExpectedError, failureTypes } from '../../contracts/failures.ts';
import type { Manifest } from '../../contracts/manifest.ts';
import type { BlobStore } from '../../storage/blob-store.ts';
import { runLayout } from '../../storage/run-layout.ts';
import type { BlobHistory } from './blob-history.ts';
import type { Planned, PlannedRun } from './plan.ts';

/** The runs that stay, as they are asked what they refer to. */
export interface KeptRuns {
  /** Notes what they refer to among these blobs, by name. Each blob is to be asked about once. */
  readonly note: (blobs: ReadonlyMap<string, BlobHistory>) => Promise<void>;
  /** Throws `PruneRefused` when a run refers to blobs that nobody asked about: then what it needs is not understood. */
  readonly checkAll: () => void;
}

interface Kept {
  readonly manifest: Manifest;
  /** Whether it was taken up again, so that it may refer to more by now. */
  readonly mayGrow: boolean;
  /** Files that have been found. */
  found: number;
}

/** Holds the manifests of the runs, and reads of their entries those that stand where the blobs do. */
export async function openKeptRuns(
  store: BlobStore,
  prefix: string,
  plan: readonly Planned[],
  signal: AbortSignal,
): Promise<KeptRuns> {
  const runs: Kept[] = [];
  for (const planned of plan) if (stays(planned)) runs.push(...(await readKept(store, prefix, planned, signal)));
  return {
    note: async (blobs) => {
      const names = [...blobs.keys()];
      for (const run of runs) {
        for await (const entry of entriesOfBlobs(store, run.manifest, names, signal)) {
          const history = blobs.get(entry.blob);
          history?.need(entry);
          if (history) run.found += 1;
        }
      }
    },
    checkAll: () => {
      for (const { manifest, mayGrow, found } of runs)
        if (!mayGrow && found < manifest.files) throw lacks(manifest, found);
    },
  };
}

function stays(planned: Planned): planned is PlannedRun {
  return planned.kind === 'runs' && (planned.fate === 'kept' || planned.fate === 'under way');
}

async function readKept(
  store: BlobStore,
  prefix: string,
  { id, fate }: PlannedRun,
  signal: AbortSignal,
): Promise<Kept[]> {
  const mayGrow = fate === 'under way';
  const manifest = (await readManifest(store, { prefix, id }, signal))?.manifest;
  if (manifest) return [{ manifest, mayGrow, found: 0 }];
  if (mayGrow) return [];
  throw manifestInvalid(runLayout({ prefix, id }).manifest, 'was there and is gone');
}

function lacks({ run, files }: Manifest, found: number): ExpectedError {
  return new ExpectedError(
    failureTypes.pruneRefused,
    `Storage has blobs for ${found} of the ${files} files of run ${run}: verify it, and forget it if it is not whole; until then nothing is deleted`,
  );
}
