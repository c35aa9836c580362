import { isVersionOf } from '../../history/entries/find-version.ts';
import { isRunId } from '../../history/runs/run-not-found.ts';
import type { StoredFile } from '../../contracts/manifest.ts';
import type { BlobVersion } from '../../storage/blob-store.ts';
import type { IsOver } from './writers.ts';

/** What becomes of one version of a blob. */
export type VersionFate = 'delete' | 'keep' | 'foreign';

/** A blob with its snapshots. */
export interface BlobHistory {
  /** Notes that a run refers to it. */
  readonly need: (file: StoredFile) => void;
  /** What becomes of each version, once all runs have been asked. */
  readonly fates: (isOver: IsOver) => (readonly [BlobVersion, VersionFate])[];
}

const hash = /^[0-9a-f]{64}$/u;

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
