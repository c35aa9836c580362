import type { Backups, RunAsked } from '../../history/views/backups.ts';
import type { RunFilter } from '../../history/views/list-run-infos.ts';
import type { LedgerRow } from '../../history/views/read-report-rows.ts';
import type { RunInfo } from '../../history/views/run-info.ts';
import {
  RunNotFound,
  aboutUnfinished,
  noCompleteRun,
  runWithoutManifest,
  severalRoots,
  unknownRun,
} from '../../history/runs/run-not-found.ts';
import { parseRunReference } from '../../history/runs/run-reference.ts';
import { idMeant, type IdOptions } from '../../history/runs/run-catalogue.ts';
import type { FailedBackup } from '../../contracts/backup.ts';
import type { Manifest } from '../../contracts/manifest.ts';
import type { SourcePrefix } from './watched-roots.ts';

/** A run of the history, with the source below whose prefix it is; null where no source has that prefix. */
export interface ListedRun extends RunInfo {
  readonly source: string | null;
}

/** A run, and where it was found. */
export interface FoundRun {
  readonly manifest: Manifest;
  readonly place: Place;
}

interface Place extends SourcePrefix {
  readonly backups: Backups;
}

/** The complete runs of one directory, newest first. */
export interface RootRuns {
  readonly source: string | null;
  readonly root: string;
  readonly runs: readonly Manifest[];
}

/** What is in one container below several prefixes: a run is found wherever it is. Throws as {@link Backups} does. */
export class AllBackups {
  readonly #places: readonly Place[];
  /** For what is about a manifest that was found, whatever its prefix. */
  readonly any: Backups;

  constructor(backups: Backups, prefixes: readonly SourcePrefix[]) {
    this.#places = prefixes.map((place) => ({ ...place, backups: backups.below(place.prefix) }));
    this.any = backups;
  }

  /** The history, newest first. */
  async runs(filter: RunFilter, signal: AbortSignal): Promise<ListedRun[]> {
    const listed = this.#places.map(async ({ backups, source = null }) =>
      (await Array.fromAsync(backups.runs(filter, signal))).map((run) => ({ source, ...run })),
    );
    // An id begins with the second in which its run did.
    return (await Promise.all(listed)).flat().toSorted((a, b) => (a.run < b.run ? 1 : -1));
  }

  /** Of those of `runs` that are the newest of their directories and have no manifest: how they stand, and what goes on with them. */
  aboutUnfinished(runs: readonly ListedRun[]): string[] {
    const told = new Set<string>();
    return runs.flatMap(({ run, state, source, root, instanceId, ...known }) => {
      if (root === undefined || instanceId === undefined || told.has(root)) return [];
      told.add(root);
      const place = this.#places.find((one) => one.source === source && one.root === root);
      return state === 'unfinished' ? [aboutUnfinished(run, { root, instanceId, ...known }, place?.source)] : [];
    });
  }

  /** Backups of a directory that failed since its last success without leaving a manifest, oldest first. */
  async failedBackups(root: string, signal: AbortSignal): Promise<FailedBackup[]> {
    const newest = await Promise.all(this.#places.map(({ backups }) => backups.newest(root, signal)));
    return newest.flatMap(({ failedBackups }) => failedBackups).toSorted((a, b) => (a.at < b.at ? -1 : 1));
  }

  /** The run that is meant: the one of an id, or else the newest that can be; of several directories none is. */
  async find({ run, ...how }: RunAsked, signal: AbortSignal): Promise<FoundRun> {
    const asked = { ...how, run: await this.idMeant(run, signal) };
    const { found, misses } = await this.#tryAll(async (place) => ({
      place,
      manifest: (await place.backups.find(asked, signal)).manifest,
    }));
    const reference = parseRunReference(asked.run);
    if (reference && 'startedBy' in reference && asked.root === undefined) {
      const roots = [
        ...new Set([...found.map(({ manifest }) => manifest.root), ...misses.flatMap((miss) => miss.roots)]),
      ];
      if (roots.length > 1) throw severalRoots(roots);
    }
    const [newest] = found.toSorted((a, b) => (a.manifest.run < b.manifest.run ? 1 : -1));
    if (newest) return newest;
    throw this.#why(misses, asked);
  }

  /** The one id, wherever it is, of which a text is the beginning; the text itself where there is none. Throws where there are several. */
  async idMeant(text: string, signal: AbortSignal, options: readonly IdOptions[] = [{}]): Promise<string> {
    const looks = this.#places.flatMap(({ backups }) =>
      options.map((option) => backups.idsBegunBy(text, signal, option)),
    );
    return idMeant(text, [...new Set((await Promise.all(looks)).flat())]);
  }

  /** The ledger of what an id names: a restore, a verification, or else a run, complete or not. */
  async ledger({ run, ...how }: RunAsked, signal: AbortSignal): Promise<AsyncGenerator<LedgerRow, undefined>> {
    const kinds = [{ kind: 'runs' }, { kind: 'restores' }, { kind: 'verifications' }] as const;
    const asked = { ...how, run: await this.idMeant(run, signal, kinds) };
    for (const { backups } of this.#places) {
      const rows = await backups.jobLedger(asked.run, signal);
      if (rows) return rows;
    }
    const { manifest, place } = await this.find({ ...asked, incompleteToo: true }, signal);
    return place.backups.ledger({ manifest }, signal);
  }

  /** Says of a suspect run that it is meant to be so, and returns its manifest. */
  async accept(text: string, signal: AbortSignal): Promise<Manifest> {
    const run = await this.idMeant(text, signal);
    const misses: RunNotFound[] = [];
    for (const { backups } of this.#places) {
      try {
        return await backups.accept(run, signal);
      } catch (error) {
        if (!(error instanceof RunNotFound && error.isUnknown)) throw error;
        misses.push(error);
      }
    }
    throw this.#why(misses, { run });
  }

  /** The prefix below which a run is, forgotten ones too; undefined where it is nowhere. */
  async prefixOf(run: string, signal: AbortSignal): Promise<string | undefined> {
    for (const { prefix, backups } of this.#places) if (await backups.has(run, signal)) return prefix;
    return undefined;
  }

  /** The complete runs of each directory, or of the one that is named. Throws where there is none at all. */
  async completeRuns({ root }: Pick<RunAsked, 'root'>, signal: AbortSignal): Promise<RootRuns[]> {
    const { found, misses } = await this.#tryAll(async ({ backups, source = null }) =>
      (await rootsOf(backups, root, signal)).map((of) => ({ source, ...of })),
    );
    if (found.length > 0) return found.flat();
    throw this.#why(misses, { run: 'latest', ...(root !== undefined && { root }) });
  }

  async #tryAll<T>(look: (place: Place) => Promise<T>): Promise<{ found: T[]; misses: RunNotFound[] }> {
    const misses: RunNotFound[] = [];
    const looks = this.#places.map(async (place) => {
      try {
        return [await look(place)];
      } catch (error) {
        if (!(error instanceof RunNotFound)) throw error;
        misses.push(withSource(error, place));
        return [];
      }
    });
    return { found: (await Promise.all(looks)).flat(), misses };
  }

  /** What all of the misses come to: where a run is known and cannot be had, that is why. */
  #why(misses: readonly RunNotFound[], { run, root }: RunAsked): Error {
    const [only] = misses;
    if (only && misses.length === 1) return only;
    const known = misses.find(({ isUnknown, isNone }) => !isUnknown && !isNone);
    if (known) return known;
    const prefix = this.#places.map((place) => place.prefix);
    const runs = misses
      .flatMap((miss) => miss.runs)
      .toSorted()
      .toReversed();
    return misses.some(({ isNone }) => isNone)
      ? noCompleteRun({ prefix, run, root }, runs)
      : unknownRun(run, prefix, runs);
  }
}

/** Names the source that goes on with a run without a manifest, where its directory is that source's. */
function withSource(miss: RunNotFound, { root, source }: Place): RunNotFound {
  const { unfinished } = miss;
  return unfinished?.root === root && unfinished ? runWithoutManifest(unfinished.run, unfinished, source) : miss;
}

async function rootsOf(
  backups: Backups,
  root: string | undefined,
  signal: AbortSignal,
): Promise<Omit<RootRuns, 'source'>[]> {
  try {
    const runs = await backups.completeRuns({ ...(root !== undefined && { root }) }, signal);
    return runs.slice(0, 1).map((newest) => ({ root: newest.root, runs }));
  } catch (error) {
    if (!(error instanceof RunNotFound) || error.roots.length === 0) throw error;
    return (await Promise.all(error.roots.map((one) => rootsOf(backups, one, signal)))).flat();
  }
}
