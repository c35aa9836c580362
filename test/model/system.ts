import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { inject } from 'vitest';
import type { BackupSummary } from '../../src/contracts/backup.ts';
import { markForgotten } from '../../src/history/runs/forgotten.ts';
import type { PruneSummary } from '../../src/contracts/prune.ts';
import type { RestoreSummary } from '../../src/contracts/restore.ts';
import type { VerificationSummary } from '../../src/contracts/verification.ts';
import { openBlobStore } from '../../src/storage/open-blob-store.ts';
import { createBlobProxy, type BlobProxy } from '../support/blob-proxy.ts';
import { startWorkerProcess, type WorkerProcess, type WorkerSettings } from '../support/worker-process.ts';
import type { Ask } from './actions.ts';

// Small packs and pages, so that a small tree goes through many activities; a dead worker is noticed soon.
const options = {
  heartbeatTimeout: 3000,
  pageEntries: 12,
  packFiles: 4,
  smallTreeFiles: 3,
  busyPause: 100,
} as const;

interface Parts {
  readonly client: Client;
  readonly proxy: BlobProxy;
  readonly settings: WorkerSettings;
}

/** The jobs on a real server, a real storage service behind a proxy, and one worker process that may be killed. */
export class System {
  kills = 0;
  readonly #parts: Parts;
  #worker: WorkerProcess;

  private constructor(parts: Parts, worker: WorkerProcess) {
    this.#parts = parts;
    this.#worker = worker;
  }

  /** `root` holds whatever is read and written. */
  static async start(client: Client, root: string): Promise<System> {
    const proxy = await createBlobProxy({ target: inject('connectionString') });
    const { connectionString } = proxy;
    const settings = { connectionString, taskQueue: randomUUID(), container: `model-${randomUUID()}`, root };
    return new System({ client, proxy, settings }, await startWorkerProcess(settings));
  }

  async stop(): Promise<void> {
    await this.#worker.stop();
    await this.#parts.proxy.close();
  }

  get container(): string {
    return this.#parts.settings.container;
  }

  backUp(root: string, { mode, killAt }: Extract<Ask, { do: 'back up' }>): Promise<BackupSummary> {
    const input = { root, options, ...(mode !== 'usual' && { [mode]: true }) };
    return this.#run<BackupSummary>('backup', input, killAt);
  }

  restore(run: string, target: string, killAt?: number): Promise<RestoreSummary> {
    return this.#run<RestoreSummary>('restore', { run, target, delete: true, options }, killAt);
  }

  verify(run: string, deep: boolean, killAt?: number): Promise<VerificationSummary> {
    return this.#run<VerificationSummary>('verify', { run, deep, options }, killAt);
  }

  async forget(id: string): Promise<void> {
    const store = openBlobStore({ connectionString: inject('connectionString') }, this.container);
    const mark = { at: new Date().toISOString(), reason: 'named' };
    await markForgotten(store, { prefix: '', id }, mark, new AbortController().signal);
  }

  /** Prunes, and with `beside` backs up at the same time, from that storage request on. */
  async prune(
    root: string,
    { killAt, beside }: Omit<Extract<Ask, { do: 'prune' }>, 'do'>,
  ): Promise<{ pruned: PruneSummary; backedUp?: BackupSummary }> {
    const { proxy } = this.#parts;
    const from = proxy.requests.length + (beside ?? 0);
    const held = beside === undefined ? undefined : proxy.hold(() => proxy.requests.length >= from);
    const pruning = this.#run<PruneSummary>('prune', { options }, killAt);
    if (!held) return { pruned: await pruning };
    const reached = await Promise.race([held.reached.then(() => true), pruning.then(() => false)]);
    const backup = reached ? this.#run<BackupSummary>('backup', { root, options }, undefined) : undefined;
    held.release();
    const [pruned, backedUp] = await Promise.all([pruning, backup]);
    return { pruned, ...(backedUp && { backedUp }) };
  }

  async #run<T>(name: string, input: object, killAt: number | undefined): Promise<T> {
    const { client, proxy, settings } = this.#parts;
    const seen = proxy.requests.length;
    const held = killAt === undefined ? undefined : proxy.hold(() => proxy.requests.length >= seen + killAt);
    const { taskQueue } = settings;
    const handle = await client.workflow.start(name, { taskQueue, workflowId: randomUUID(), args: [input] });
    const result = handle.result() as Promise<T>;
    if (held) {
      const reached = await Promise.race([held.reached.then(() => true), result.then(() => false)]);
      if (reached) await this.#killWorker();
      held.release();
    }
    return result;
  }

  async #killWorker(): Promise<void> {
    await this.#worker.kill();
    this.kills += 1;
    this.#worker = await startWorkerProcess(this.#parts.settings);
  }
}
