import { ExpectedError, failureTypes } from '../../contracts/failures.ts';
import type { Manifest, StoredFile } from '../../contracts/manifest.ts';
import { entriesOfBlobs } from '../../history/entries/entries-of-blobs.ts';
import { isVersionOf } from '../../history/entries/find-version.ts';
import { manifestInvalid } from '../../history/records/manifest-invalid.ts';
import { readManifest } from '../../history/records/read-manifest.ts';
import { listRuns } from '../../history/runs/run-catalogue.ts';
import { isRunId } from '../../history/runs/run-reference.ts';
import type { BlobStore, BlobVersion } from '../../storage/blob-store.ts';
import { runLayout } from '../../storage/run-layout.ts';
import type { Planned, PlannedRun } from './plan-prune.ts';

const hash = /^[0-9a-f]{64}$/u;

/** What becomes of one version of a blob. */
export type VersionFate = 'delete' | 'keep' | 'foreign';

/** A blob with its snapshots. */
export interface BlobHistory {
  /** Notes that a run refers to it. */
  readonly need: (file: StoredFile) => void;
  /** What becomes of each version, once all runs have been asked. */
  readonly fates: (isOver: IsOver) => (readonly [BlobVersion, VersionFate])[];
}

/** `versions` are snapshots, oldest first, and then the blob as it is. */
export function createBlobHistory(versions: readonly BlobVersion[]): BlobHistory {
  const needed = new Set<BlobVersion>();
  let isUnclear = false;
  const fateOf = (version: BlobVersion, isOver: IsOver): VersionFate => {
    if (needed.has(version)) return 'keep';
    if (!isOurs(version)) return 'foreign';
    return isUnclear || !isOver(version.metadata['run']) ? 'keep' : 'delete';
  };

  return {
    need: (file) => {
      const version = meantBy(file, versions);
      if (version) needed.add(version);
      // What a run refers to is none of these as far as they tell, and may be all the same.
      else isUnclear = true;
    },
    fates: (isOver) => {
      const fates = versions.map((version) => [version, fateOf(version, isOver)] as const);
      // A blob cannot go without its snapshots.
      const isHeld = fates.some(([{ snapshot }, fate]) => snapshot !== undefined && fate !== 'delete');
      return fates.map(([version, fate]) => {
        const mustStay = isHeld && fate === 'delete' && version.snapshot === undefined;
        return [version, mustStay ? 'keep' : fate] as const;
      });
    },
  };
}

/** As a restore looks for it: the blob as it is, or else the newest snapshot. */
function meantBy(file: StoredFile, versions: readonly BlobVersion[]): BlobVersion | undefined {
  const present = versions.find(({ snapshot }) => snapshot === undefined);
  if (present && isVersionOf(present, file)) return present;
  return versions.findLast((version) => isVersionOf(version, file));
}

/** Whether a backup wrote it: it says what content it has, what file that is of and, unless it is of an earlier version, which run wrote it. */
function isOurs({ metadata }: BlobVersion): boolean {
  const { sha256, mtime, mode, run } = metadata;
  const tellsFile = sha256 !== undefined && hash.test(sha256) && mtime !== undefined && mode !== undefined;
  return tellsFile && (run === undefined || isRunId(run));
}

/** Whether a prune may judge what names this run as its writer. */
type IsOver = (run: string | undefined) => boolean;

/**
 * Tells of the runs that blobs name as their writers which can refer to no more than the plan knows. To be asked after those blobs were
 * listed: a run writes a page into its folder before it writes a file, and only a prune takes the folder away. So a run that the plan does
 * not know began after it if it has a folder now, and otherwise an earlier prune has deleted it. No clock is asked.
 */
export async function createIsOver(
  store: BlobStore,
  prefix: string,
  plan: readonly Planned[],
  signal: AbortSignal,
): Promise<IsOver> {
  const ended = plan.flatMap((planned) => (planned.kind === 'runs' && planned.fate !== 'under way' ? [planned] : []));
  const judged = new Set(ended.map(({ id }) => id));
  // Where nothing of any run is left but blobs, the rest was lost rather than deleted.
  if (ended.every(({ isEmpty = false }) => isEmpty)) return (run) => run !== undefined && judged.has(run);
  const present = new Set<string>();
  for (const place of placesOf(prefix)) for await (const id of listRuns(store, place, signal)) present.add(id);
  // Blobs of versions that did not say it; no backup of such a version heeds a prune, so none is to run beside one.
  return (run) => run === undefined || judged.has(run) || !present.has(run);
}

/** A prefix and those above it: a first backup below one of them may put blobs here though there was none when the plan was made. */
function placesOf(prefix: string): string[] {
  return ['', ...[...prefix.matchAll(/\//gu)].map(({ index }) => prefix.slice(0, index + 1))];
}

/** The runs that stay, as they are asked what they refer to. */
interface KeptRuns {
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
