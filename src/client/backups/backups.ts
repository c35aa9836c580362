import { readEntries } from '../../manifests/read-entries.ts';
import type { StoredManifest } from '../../manifests/read-manifest.ts';
import { findRun } from '../../manifests/run-catalogue.ts';
import { isRunId, parseRunReference } from '../../manifests/run-reference.ts';
import type { BlobStore } from '../../storage/blob-store.ts';
import { findRunOfInstance } from './find-run-of-instance.ts';
import { ledgerRow, type LedgerRow } from './ledger-row.ts';
import { listRunInfos, type RunFilter } from './list-run-infos.ts';
import type { RunInfo } from './run-info.ts';
import { hasReport, readReportRows, type ReportedJob } from './read-report-rows.ts';
import { explained, explainStorage } from './storage-failure.ts';

/** Which run is meant. */
export interface RunAsked {
  /** Its id, `latest`, a time in ISO 8601, or the id of its instance. */
  readonly run: string;
  /** The directory that was backed up, as it was named then. */
  readonly root?: string;
  /** Whether `latest` and a time mean incomplete runs too. */
  readonly incompleteToo?: boolean;
}

/**
 * The one door to what backups, restores and verifications left in storage, for HTTP and command line alike. It only reads. Its
 * methods throw an {@link ExpectedError}: of type `StorageUnavailable` or `StorageRefused` when the account does not do what it is
 * asked, of `RunNotFound`, `ManifestInvalid` or `ManifestTooNew` when there is nothing to be shown.
 */
export class Backups {
  readonly #store: BlobStore;
  readonly #prefix: string;

  constructor({ store, prefix }: { store: BlobStore; prefix: string }) {
    this.#store = store;
    this.#prefix = prefix;
  }

  /** Where the blobs are. */
  get url(): string {
    return this.#store.url;
  }

  /** The history, newest first. */
  runs(filter: RunFilter, signal: AbortSignal): AsyncGenerator<RunInfo, undefined> {
    return explained(listRunInfos(this.#store, this.#prefix, filter, signal), this.url);
  }

  /**
   * The manifest of the run that is meant; of an instance, that of the newest run it left one of. What is restored or verified is a
   * complete run unless an id names another; what is looked at or retried is `incompleteToo`.
   */
  async find({ run, root, incompleteToo = false }: RunAsked, signal: AbortSignal): Promise<StoredManifest> {
    const query = { prefix: this.#prefix, run, root, incompleteToo };
    const find = parseRunReference(run) ? findRun : findRunOfInstance;
    return this.#explain(find(this.#store, query, signal));
  }

  /** What became of every path of a run, in order; each shard is checked before any of its rows is given. */
  async *ledger({ manifest }: StoredManifest, signal: AbortSignal): AsyncGenerator<LedgerRow, undefined> {
    const entries = readEntries(this.#store, manifest, {}, signal);
    for await (const entry of explained(entries, this.url)) yield ledgerRow(entry);
    return undefined;
  }

  /** What became of every path of a restore or a verification that has ended. */
  async *reportLedger(job: ReportedJob, signal: AbortSignal): AsyncGenerator<LedgerRow, undefined> {
    const rows = readReportRows(this.#store, this.#prefix, job, signal);
    for await (const row of explained(rows, this.url)) yield ledgerRow(row);
    return undefined;
  }

  /** The ledger of what an id names: a restore, a verification, or else a run, complete or not. */
  async anyLedger(asked: RunAsked, signal: AbortSignal): Promise<AsyncGenerator<LedgerRow, undefined>> {
    for (const kind of ['restores', 'verifications'] as const) {
      const job = { kind, id: asked.run };
      const found = isRunId(job.id) && (await this.#explain(hasReport(this.#store, this.#prefix, job, signal)));
      if (found) return this.reportLedger(job, signal);
    }
    return this.ledger(await this.find({ ...asked, incompleteToo: true }, signal), signal);
  }

  async #explain<T>(asked: Promise<T>): Promise<T> {
    try {
      return await asked;
    } catch (error) {
      throw explainStorage(error, this.url);
    }
  }
}
