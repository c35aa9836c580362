import { posix } from 'node:path';
import { forgetRuns } from '../forget/forget-runs.ts';
import type { ForgetParts } from '../forget/decide.ts';
import {
  completeRuns,
  newestManifests,
  findRun,
  choosableRuns,
  hasData,
  idMeant,
  idsBegunBy,
  type IdOptions,
  type RunQuery,
} from '../runs/run-catalogue.ts';
import { foreignTarget, mayBeOwnTarget } from '../records/own-target.ts';
import { readContent } from '../entries/read-content.ts';
import { readEntries } from '../entries/read-entries.ts';
import type { StoredManifest } from '../records/read-manifest.ts';
import { unfinishedRuns } from '../runs/unfinished-runs.ts';
import { RunNotFound, runWithoutManifest } from '../runs/run-not-found.ts';
import { isRunId, parseRunReference } from '../runs/run-reference.ts';
import { runForms } from '../../contracts/input.ts';
import { shellWord } from '../../lib/shell-word.ts';
import { prefixOf } from '../../contracts/blob-prefix.ts';
import { ExpectedError, failureTypes } from '../../contracts/failures.ts';
import type { ForgetInput, ForgetResult } from '../../contracts/forget.ts';
import { holdsContent, nameOfKind, type Manifest, type ManifestEntry } from '../../contracts/manifest.ts';
import type { BlobStore } from '../../storage/blob-store.ts';
import { compareRuns, type DifferenceRow } from './compare-runs.ts';
import { entryRow, type EntryRow, entryAt, listEntries, type EntriesAsked } from './list-entries.ts';
import { findVersions, type VersionRow } from './find-versions.ts';
import { ledgerRow, type LedgerRow, hasReport, readReportRows, type ReportedJob } from './read-report-rows.ts';
import { listRunInfos, type RunFilter } from './list-run-infos.ts';
import { newestRuns, type NewestRuns } from './newest-runs.ts';
import { createRunHistory, type RootHistory } from './run-history.ts';
import type { RunInfo } from './run-info.ts';
import { statsOf, type StatsRow } from './stats.ts';
import { explained, explainStorage } from './storage-failure.ts';
import { markAccepted } from '../records/accepted.ts';

/** Which run is meant. */
export interface RunAsked {
  /** Its id or a beginning of it, `latest`, a date, a time in ISO 8601, or the id of its instance. */
  readonly run: string;
  /** The directory that was backed up, as it was named then. */
  readonly root?: string;
  /** Whether `latest` and a time mean incomplete and suspect runs too. */
  readonly incompleteToo?: boolean;
}

/** The content of a file as a run stored it. */
interface FileContent {
  readonly entry: EntryRow;
  /** Bytes. */
  readonly size: number;
  /** In hexadecimal. */
  readonly sha256: string;
  /** The last one comes once all of them have the SHA-256. */
  readonly blocks: AsyncGenerator<Buffer, undefined>;
}

/**
 * The one jobClient to what backups, restores and verifications left in storage, for HTTP and command line alike. It only reads, but for
 * `forget` and `accept`. Its methods throw an {@link ExpectedError}: of type `StorageUnavailable` or `StorageRefused` when the account does not do what it is
 * asked, of `RunNotFound`, `ManifestInvalid` or `ManifestTooNew` when there is nothing to be shown.
 */
export class Backups {
  readonly #store: BlobStore;
  readonly #prefix: string;
  readonly #place: string;
  readonly #history: (signal: AbortSignal) => Promise<RootHistory[]>;

  constructor({ store, prefix, place = store.url }: { store: BlobStore; prefix: string; place?: string | undefined }) {
    this.#store = store;
    this.#prefix = prefix;
    this.#place = place;
    this.#history = createRunHistory(store, prefix);
  }

  /** Where the blobs are, for people: an address or, of the embedded storage, which has one while it runs, a directory. */
  get place(): string {
    return this.#place;
  }

  /** Put before the name of every blob. */
  get prefix(): string {
    return this.#prefix;
  }

  /** What there is below another prefix of the same container. */
  below(prefix: string): Backups {
    return prefix === this.#prefix ? this : new Backups({ store: this.#store, prefix, place: this.#place });
  }

  /** The history, newest first. */
  runs(filter: RunFilter, signal: AbortSignal): AsyncGenerator<RunInfo, undefined> {
    return explained(listRunInfos(this.#store, this.#prefix, filter, signal), this.#place);
  }

  /** The last runs of each directory. What was read once is not read again. */
  history(signal: AbortSignal): Promise<RootHistory[]> {
    return this.#explain(this.#history(signal));
  }

  /** The newest runs of a directory, as far back as the last success. */
  newest(root: string, signal: AbortSignal): Promise<NewestRuns> {
    return this.#explain(newestRuns(this.#store, { prefix: this.#prefix, root }, signal));
  }

  /** What the backups of each directory take in storage. */
  stats(signal: AbortSignal): AsyncGenerator<StatsRow, undefined> {
    return explained(statsOf(this.#store, this.#prefix, signal), this.#place);
  }

  /**
   * The manifest of the run that is meant; of an instance, that of the newest run it left one of. What is restored or verified is a
   * complete run unless an id names another; what is looked at or retried is `incompleteToo`.
   */
  async find({ run: text, root, incompleteToo = false }: RunAsked, signal: AbortSignal): Promise<StoredManifest> {
    const run = idMeant(text, await this.idsBegunBy(text, signal));
    const query = { prefix: this.#prefix, run, root, incompleteToo };
    const reference = parseRunReference(run);
    // An instance may be called by a number, too.
    const find = reference && !('beginning' in reference) ? findRun : findRunOfInstance;
    return this.#explain(find(this.#store, query, signal));
  }

  /** The ids that a text may be the beginning of, newest first; none for a text that is whole. */
  idsBegunBy(text: string, signal: AbortSignal, options: IdOptions = {}): Promise<string[]> {
    return this.#explain(idsBegunBy(this.#store, { prefix: this.#prefix, text, ...options }, signal));
  }

  /** Throws an {@link ExpectedError} where a mirror of a run, into a directory that is seen from here, asks for `force`. */
  async checkMirror(manifest: Manifest, target: string, signal: AbortSignal): Promise<void> {
    if (!(await this.#explain(mayBeOwnTarget({ store: this.#store, manifest, target }, signal)))) {
      throw foreignTarget(target, manifest);
    }
  }

  /** What became of every path of a run, in order; each shard is checked before any of its rows is given. */
  async *ledger(
    { manifest }: Pick<StoredManifest, 'manifest'>,
    signal: AbortSignal,
  ): AsyncGenerator<LedgerRow, undefined> {
    const entries = readEntries(this.#store, manifest, {}, signal);
    for await (const entry of explained(entries, this.#place)) yield ledgerRow(entry);
    return undefined;
  }

  /** What became of every path of a restore or a verification that has ended. */
  async *reportLedger(job: ReportedJob, signal: AbortSignal): AsyncGenerator<LedgerRow, undefined> {
    const rows = readReportRows(this.#store, this.#prefix, job, signal);
    for await (const row of explained(rows, this.#place)) yield ledgerRow(row);
    return undefined;
  }

  /** The ledger of the restore or the verification that an id names; undefined where there is none. */
  async jobLedger(id: string, signal: AbortSignal): Promise<AsyncGenerator<LedgerRow, undefined> | undefined> {
    for (const kind of ['restores', 'verifications'] as const) {
      const job = { kind, id };
      const found = isRunId(id) && (await this.#explain(hasReport(this.#store, this.#prefix, job, signal)));
      if (found) return this.reportLedger(job, signal);
    }
    return undefined;
  }

  /** Whether there is a run of that id, forgotten or not. */
  async has(run: string, signal: AbortSignal): Promise<boolean> {
    return isRunId(run) && (await this.#explain(hasData(this.#store, { prefix: this.#prefix, id: run }, signal)));
  }

  /** Forgets runs, or takes that back; `isUnderWay` is asked of instances. Throws `ForgetRefused` for what must not be forgotten. */
  forget(input: ForgetInput, isUnderWay: ForgetParts['isUnderWay'], signal: AbortSignal): Promise<ForgetResult> {
    const prefix = prefixOf(input, this.#prefix);
    return this.#explain(forgetRuns({ store: this.#store, prefix, isUnderWay, signal }, input));
  }

  /** Says of a suspect run that it is meant to be so, and returns its manifest. */
  accept(run: string, signal: AbortSignal): Promise<Manifest> {
    return this.#explain(acceptRun(this.#store, { prefix: this.#prefix, run }, signal));
  }

  /** The manifests of all complete runs of a directory that are not suspect, newest first. */
  completeRuns({ root }: Pick<RunAsked, 'root'>, signal: AbortSignal): Promise<Manifest[]> {
    return this.#explain(completeRuns(this.#store, { prefix: this.#prefix, root }, signal));
  }

  /** What is in a folder of a run, in order. */
  async *entries(manifest: Manifest, asked: EntriesAsked, signal: AbortSignal): AsyncGenerator<EntryRow, undefined> {
    const entries = listEntries(this.#store, manifest, asked, signal);
    for await (const entry of explained(entries, this.#place)) yield entryRow(entry);
    return undefined;
  }

  /** What runs of one directory hold at the paths that a glob matches. */
  versions(runs: readonly Manifest[], glob: string, signal: AbortSignal): AsyncGenerator<VersionRow, undefined> {
    return explained(findVersions(this.#store, runs, glob, signal), this.#place);
  }

  /** How what two runs hold differs. */
  differences(before: Manifest, after: Manifest, signal: AbortSignal): AsyncGenerator<DifferenceRow, undefined> {
    const entriesOf = (manifest: Manifest) => readEntries(this.#store, manifest, {}, signal);
    return explained(compareRuns(entriesOf(before), entriesOf(after)), this.#place);
  }

  /** The content of a file; what is wrong with it is thrown before its end. Throws `InvalidInput` for what has none. */
  async content(manifest: Manifest, path: string, signal: AbortSignal): Promise<FileContent> {
    const entry = await this.#explain(entryAt(this.#store, manifest, path, signal));
    if (!holdsContent(entry)) throw hasNoContent(manifest.run, entry);
    const blocks = explained(readContent(this.#store, entry, signal), this.#place);
    return { entry: entryRow(entry), size: entry.size, sha256: entry.sha256, blocks };
  }

  async #explain<T>(asked: Promise<T>): Promise<T> {
    try {
      return await asked;
    } catch (error) {
      throw explainStorage(error, this.#place);
    }
  }
}

/** Says what a path is that has no content, and what to do about it. */
function hasNoContent(run: string, entry: ManifestEntry): ExpectedError {
  const { path, kind, target, reason } = entryRow(entry);
  const what = `${nameOfKind(entry)}${target === undefined ? '' : ` to ${JSON.stringify(target)}`}`;
  const why = kind === 'file' ? `not in this run (${reason ?? 'it was not stored'})` : what;
  return new ExpectedError(
    failureTypes.invalidInput,
    `path: ${JSON.stringify(path)} is ${why}, so there is no content of it: ${insteadOf(run, path, kind, target)}`,
  );
}

function insteadOf(run: string, path: string, kind: EntryRow['kind'], target = ''): string {
  const listed = (folder: string) => `\`durable-backup ls ${run}${folder === '.' ? '' : ` ${shellWord(folder)}`}\``;
  if (kind === 'directory') return `${listed(path)} lists what is in it`;
  if (kind === 'symlink') {
    const leadsTo = posix.normalize(posix.join(posix.dirname(path), target));
    const isOutside = posix.isAbsolute(target) || leadsTo === '..' || leadsTo.startsWith('../');
    return isOutside
      ? 'what it leads to is outside of what was backed up, and a restore brings back the link'
      : `name what it leads to, ${JSON.stringify(leadsTo)}`;
  }
  const other = kind === 'file' ? 'name a file that the run stored' : 'name a file, for of this only the name is kept';
  return `${other}; ${listed(posix.dirname(path))} lists those beside it`;
}

/**
 * The newest run that a job of this id left a manifest of; storage knows it for longer than Temporal does. A damaged manifest is passed
 * over: whose it is is not known. Throws an {@link ExpectedError} of type `RunNotFound` when there is none.
 */
async function findRunOfInstance(
  store: BlobStore,
  { prefix, run: instanceId, root }: RunQuery,
  signal: AbortSignal,
): Promise<StoredManifest> {
  const ids = await choosableRuns(store, prefix, signal);
  for await (const found of newestManifests(store, prefix, ids, signal)) {
    if ('fault' in found || found.manifest.instanceId !== instanceId) continue;
    if (root === undefined || found.manifest.root === root) return found;
  }
  for (const [id, known] of await unfinishedRuns(store, prefix, signal))
    if (known.instanceId === instanceId && ids.includes(id)) throw runWithoutManifest(id, known);
  throw new RunNotFound(
    `${JSON.stringify(instanceId)} names no run that has ended${root === undefined ? '' : ` of ${root}`}: give ${runForms}, or the id of its instance`,
    { isUnknown: true, runs: ids },
  );
}

/**
 * Says of a suspect run that it is meant to be so: it is a run like any other from then on. Returns its manifest; of a run that is not
 * suspect, or was accepted before, nothing changes. Throws an {@link ExpectedError}: `InvalidInput` for what is no id of a run, `RunNotFound`
 * when there is none, when it has no manifest or was forgotten, and what is wrong with a manifest that cannot be used.
 */
export async function acceptRun(
  store: BlobStore,
  { prefix, run: text }: { readonly prefix: string; readonly run: string },
  signal: AbortSignal,
): Promise<Manifest> {
  const run = idMeant(text, await idsBegunBy(store, { prefix, text }, signal));
  // Which run `latest` means may change meanwhile, and this is about one that somebody has looked at.
  if (!isRunId(run)) {
    throw new ExpectedError(
      failureTypes.invalidInput,
      `run: ${JSON.stringify(run)} is no id of a run, such as 20261121T061003Z-c78e46f5: \`durable-backup runs\` lists them`,
    );
  }
  const { manifest } = await findRun(store, { prefix, run }, signal);
  if (!manifest.suspect) return manifest;
  await markAccepted(store, { prefix, id: run }, signal);
  return (await findRun(store, { prefix, run }, signal)).manifest;
}
