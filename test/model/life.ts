import assert from 'node:assert/strict';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { decodePath } from '../../src/contracts/encoded-path.ts';
import type { BackupSummary } from '../../src/contracts/backup.ts';
import { leftoversIn, versionsIn } from '../support/leftovers.ts';
import { containerClient, readManifest } from '../support/stored-run.ts';
import type { Action, Ask } from './actions.ts';
import { differences, readFingerprint, type Fingerprint } from './fingerprint.ts';
import { ModelTree } from './model-tree.ts';
import { System } from './system.ts';

/** What happened so far. */
export interface Count {
  actions: number;
  backups: number;
  restores: number;
  verifications: number;
  forgotten: number;
  prunes: number;
  kills: number;
  /** Blobs that jobs left for themselves and that stay after the last prune. */
  records: number;
}

interface Run {
  readonly id: string;
  readonly tree: Fingerprint;
}

export const noCount: Readonly<Count> = {
  actions: 0,
  backups: 0,
  restores: 0,
  verifications: 0,
  forgotten: 0,
  prunes: 0,
  kills: 0,
  records: 0,
};

/** One tree from its beginning to its end, with the runs made of it. */
export class Life {
  readonly count: Count = { ...noCount };
  readonly #base: string;
  readonly #tree: ModelTree;
  readonly #system: System;
  readonly #runs: Run[] = [];

  private constructor(base: string, tree: ModelTree, system: System) {
    this.#base = base;
    this.#tree = tree;
    this.#system = system;
  }

  static async begin(client: Client, base: string): Promise<Life> {
    const root = join(base, 'tree');
    await mkdir(root);
    return new Life(base, new ModelTree(root), await System.start(client, base));
  }

  async live(action: Action): Promise<void> {
    this.count.actions += 1;
    if (action.do === 'back up') await this.#backUp(action);
    else if (action.do === 'verify') await this.#verify(action);
    else if (action.do === 'forget') await this.#forget(this.#pick(action.run));
    else if (action.do === 'keep the last') await this.#keepLast(action.runs);
    else if (action.do === 'prune') await this.#prune(action);
    else if (action.do !== 'restore') await this.#tree.apply(action);
    else await this.#restore(this.#pick(action.run), action.mirror ? 'mirror' : 'fresh', action.killAt);
  }

  /** Nothing that a run promised may be missing at the end, after all that is not needed has gone. */
  async restoreAll(): Promise<void> {
    await this.#prune({});
    const versions = await versionsIn(containerClient(this.#system.container));
    this.count.records = versions.filter(({ name }) => name.startsWith('.durable-backup/')).length;
    for (const run of this.#runs) await this.#restore(run, 'fresh');
  }

  async end(): Promise<void> {
    await this.#system.stop();
  }

  async #backUp(ask: Extract<Ask, { do: 'back up' }>): Promise<void> {
    const tree = await this.#tree.fingerprint();
    await this.#keep(tree, await this.#system.backUp(this.#tree.root, ask));
  }

  async #keep(tree: Fingerprint, summary: BackupSummary): Promise<void> {
    assert.partialDeepStrictEqual(summary, { complete: true, failed: 0 });
    const { entries } = await readManifest(containerClient(this.#system.container), summary.manifest);
    const paths = entries.map(({ path }) => decodePath(path).toString('latin1'));
    assert.deepEqual(paths.toSorted(), [...tree.keys()].toSorted(), 'the ledger has each path once');
    const files = entries.filter(({ kind }) => kind === 'file');
    assert.partialDeepStrictEqual(summary, {
      files: files.length,
      bytes: files.reduce((sum, { size }) => sum + size, 0),
    });
    assert.equal(summary.uploaded + summary.adopted + summary.unchanged, files.length);
    this.#runs.push({ id: summary.runId, tree });
    this.count.backups += 1;
    this.count.kills = this.#system.kills;
  }

  async #restore(run: Run | undefined, target: 'mirror' | 'fresh', killAt?: number): Promise<void> {
    if (!run) return;
    const directory = join(this.#base, target);
    if (target === 'fresh') await rm(directory, { recursive: true, force: true });
    const summary = await this.#system.restore(run.id, directory, killAt);
    assert.partialDeepStrictEqual(summary, { complete: true, failed: 0, runId: run.id });
    assert.deepEqual(differences(run.tree, await readFingerprint(directory)), []);
    this.count.restores += 1;
    this.count.kills = this.#system.kills;
  }

  async #verify({ run, deep, killAt }: Extract<Ask, { do: 'verify' }>): Promise<void> {
    const picked = this.#pick(run);
    if (!picked) return;
    const summary = await this.#system.verify(picked.id, deep, killAt);
    assert.partialDeepStrictEqual(summary, { complete: true, missing: 0, corrupt: 0, runId: picked.id });
    this.count.verifications += 1;
    this.count.kills = this.#system.kills;
  }

  /** Only runs that are left can be asked for from then on. */
  async #forget(run: Run | undefined): Promise<void> {
    if (!run) return;
    await this.#system.forget(run.id);
    this.#runs.splice(this.#runs.indexOf(run), 1);
    this.count.forgotten += 1;
  }

  async #keepLast(runs: number): Promise<void> {
    while (this.#runs.length > runs) await this.#forget(this.#runs[0]);
  }

  async #prune(ask: Omit<Extract<Ask, { do: 'prune' }>, 'do'>): Promise<void> {
    if (this.count.backups === 0) return;
    const tree = await this.#tree.fingerprint();
    const { pruned, backedUp } = await this.#system.prune(this.#tree.root, ask);
    if (backedUp) await this.#keep(tree, backedUp);
    this.count.prunes += 1;
    this.count.kills = this.#system.kills;
    const { files, data, missing } = await leftoversIn(
      this.#system.container,
      this.#runs.map(({ id }) => id),
    );
    assert.deepEqual(missing, [], 'nothing that a kept run promises is missing');
    // What a backup beside it replaced while the prune was listing is for the next one.
    if (backedUp) return;
    assert.equal(pruned.changed, 0);
    assert.deepEqual({ files, data }, { files: [], data: [] }, 'nothing is left that no run needs');
  }

  #pick(number: number): Run | undefined {
    return this.#runs[number % Math.max(1, this.#runs.length)];
  }
}
