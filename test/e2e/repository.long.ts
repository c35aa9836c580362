import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { afterAll, beforeAll, expect, inject, onTestFinished, test } from 'vitest';
import { markForgotten } from '../../src/history/runs/forgotten.ts';
import type { BackupSummary } from '../../src/contracts/backup.ts';
import type { PruneSummary } from '../../src/contracts/prune.ts';
import { openBlobStore } from '../../src/storage/open-blob-store.ts';
import { leftoversIn } from '../support/leftovers.ts';
import { temporaryDirectory, writeTree } from '../support/tree.ts';
import { startWorkerProcess } from '../support/worker-process.ts';
import { connect } from '../support/workflow-harness.ts';

let client: Client;
let close: () => Promise<void>;

beforeAll(async () => ({ client, close } = await connect()));
afterAll(() => close());

const commits = 10;

function git(directory: string, ...args: string[]): string {
  const name = ['-c', 'user.name=Test', '-c', 'user.email=test@example.org', '-c', 'safe.directory=*'];
  return execFileSync('git', [...name, ...args], {
    cwd: directory,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** A repository of ten commits, in which files come, change, turn executable, move and go. */
async function makeRepository(directory: string): Promise<void> {
  await mkdir(directory);
  git(directory, 'init', '--quiet');
  for (let i = 0; i < commits; i += 1) {
    await writeTree(directory, { [`part${i % 3}/f${i}.bin`]: 1000 + i, [`part${i % 4}/changing`]: 500 + i });
    await writeFile(join(directory, 'run.sh'), `echo ${i}\n`, { mode: i % 2 ? 0o755 : 0o644 });
    if (i > 4) await rm(join(directory, `part${(i - 5) % 3}/f${i - 5}.bin`));
    git(directory, 'add', '--all');
    git(directory, 'commit', '--quiet', '-m', `commit ${i}`);
  }
}

// REPOSITORY: the path of another repository, to try it on that one.
const repository = process.env['REPOSITORY'];

test(
  'a repository backed up at ten of its commits is whole again as of each, and as of three after a prune',
  { timeout: 900_000 },
  async () => {
    const base = await temporaryDirectory();
    const root = join(base, 'repository');
    if (repository === undefined) await makeRepository(root);
    else git(base, 'clone', '--quiet', repository, root);
    const settings = {
      connectionString: inject('connectionString'),
      taskQueue: randomUUID(),
      container: `repository-${randomUUID()}`,
      root: base,
    };
    const worker = await startWorkerProcess(settings);
    onTestFinished(async () => void (await worker.stop()));
    const run = async <T>(job: string, input: object): Promise<T> => {
      const { taskQueue } = settings;
      const handle = await client.workflow.start(job, { taskQueue, workflowId: randomUUID(), args: [input] });
      return (await handle.result()) as T;
    };

    const all = git(root, 'rev-list', '--reverse', 'HEAD').trim().split('\n');
    const picked = Array.from(
      { length: commits },
      (_, i) => all[Math.floor((i * (all.length - 1)) / (commits - 1))] ?? '',
    );
    const runs: { commit: string; summary: BackupSummary }[] = [];
    for (const commit of picked) {
      git(root, 'checkout', '--quiet', '--detach', commit);
      runs.push({ commit, summary: await run<BackupSummary>('backup', { root }) });
    }
    expect(runs.filter(({ summary }) => summary.unchanged > 0)).toHaveLength(commits - 1);
    expect(new Set(runs.map(({ summary }) => summary.runId)).size).toBe(commits);

    const restore = async ({ commit, summary }: (typeof runs)[number]) => {
      const target = join(base, 'restored');
      await run('restore', { run: summary.runId, target });
      expect(git(target, 'rev-parse', 'HEAD').trim()).toBe(commit);
      expect(git(target, 'status', '--porcelain')).toBe('');
      git(target, 'fsck', '--full', '--strict');
      await rm(target, { recursive: true });
    };
    for (const one of runs) await restore(one);

    const kept = runs.filter((_, i) => [0, 5, commits - 1].includes(i));
    const keptIds = kept.map(({ summary }) => summary.runId);
    const store = openBlobStore({ connectionString: settings.connectionString }, settings.container);
    for (const { summary } of runs) {
      if (keptIds.includes(summary.runId)) continue;
      const mark = { at: new Date().toISOString(), reason: 'named' };
      await markForgotten(store, { prefix: '', id: summary.runId }, mark, new AbortController().signal);
    }
    const before = await leftoversIn(settings.container, keptIds);
    const dry = await run<PruneSummary>('prune', { dryRun: true });
    const pruned = await run<PruneSummary>('prune', {});
    const after = await leftoversIn(settings.container, keptIds);
    expect(pruned).toMatchObject({ keptRuns: 3, forgottenRuns: commits - 3, changed: 0 });
    expect(dry).toMatchObject({ deleted: pruned.deleted, deletedBytes: pruned.deletedBytes, kept: pruned.kept });
    expect(after).toMatchObject({ files: [], data: [], missing: [], neededBytes: before.neededBytes });
    expect(before.storedBytes - after.storedBytes).toBe(pruned.deletedBytes);
    for (const one of kept) await restore(one);

    if (repository !== undefined)
      console.table(
        runs.map(({ commit, summary: { files, uploaded, unchanged, bytes } }) => ({
          commit,
          files,
          uploaded,
          unchanged,
          bytes,
        })),
      );
    console.table({
      'bytes of files before': before.storedBytes,
      'deleted by the prune': pruned.deletedBytes,
      'bytes of files after': after.storedBytes,
      'what the three runs need': after.neededBytes,
      'held by a snapshot that a run needs': after.storedBytes - after.neededBytes,
    });
  },
);
