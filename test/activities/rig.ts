import { randomUUID } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import type { Info } from '@temporalio/activity';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import type { ContainerClient } from '@azure/storage-blob';
import { inject, onTestFinished } from 'vitest';
import type { ActivityDependencies } from '../../src/activities/dependencies.ts';
import { createActivities, type Activities } from '../../src/activities/index.ts';
import { createMemoryBudget } from '../../src/activities/paged/memory-budget.ts';
import { defaultJobOptions, type JobOptions, type Page } from '../../src/contracts/job.ts';
import type { Run } from '../../src/contracts/backup.ts';
import type { FileOutcome } from '../../src/contracts/manifest.ts';
import { parseNdjson } from '../../src/storage/ndjson.ts';
import { openBlobStore } from '../../src/storage/open-blob-store.ts';
import { runLayout } from '../../src/storage/run-layout.ts';
import { createBlobProxy, type BlobProxy } from '../support/blob-proxy.ts';
import { containerClient } from '../support/stored-run.ts';
import { temporaryDirectory } from '../support/tree.ts';

export const mebibyte = 1024 * 1024;

/** The activities of one worker, a tree for them to back up, and the network in between. */
export interface Rig {
  /** A real path. */
  readonly root: string;
  readonly run: Run;
  readonly deps: ActivityDependencies;
  readonly activities: Activities;
  readonly proxy: BlobProxy;
  /** Past the proxy and past the code under test. */
  readonly container: ContainerClient;
}

export async function openRig(options: Partial<JobOptions> = {}): Promise<Rig> {
  const proxy = await createBlobProxy({ target: inject('connectionString') });
  onTestFinished(() => proxy.close());
  const store = openBlobStore({ connectionString: proxy.connectionString }, `activities-${randomUUID()}`);
  const container = containerClient(store.container);
  await container.create();
  onTestFinished(async () => void (await container.delete()));
  const root = await realpath(await temporaryDirectory());
  const deps = {
    store,
    prefix: '',
    host: 'web-1',
    roots: [root],
    workingDirectory: root,
    memory: createMemoryBudget(64 * mebibyte),
    isRunning: () => Promise.resolve(false),
  };
  const id = '20260102T030405Z-0123abcd';
  const run = { id, root, container: store.container, prefix: '', options: { ...defaultJobOptions, ...options } };
  return { root, run, deps, activities: createActivities(deps), proxy, container };
}

/** A rig whose tree is a directory that is there already; a real path. */
export async function openRigAt(root: string): Promise<Rig> {
  const rig = await openRig();
  const deps = { ...rig.deps, roots: [root] };
  return { ...rig, root, run: { ...rig.run, root }, deps, activities: createActivities(deps) };
}

// The failures that tests bring about are no news.
const logger = new DefaultLogger('ERROR');

/** The context of one activity, which can be cancelled. */
export function environmentOf(info: Partial<Info> = {}): MockActivityEnvironment {
  return new MockActivityEnvironment({ attempt: 1, ...info }, { logger });
}

/** Runs an activity as Temporal would, in an attempt of its own. */
export function perform<P extends unknown[], R>(
  activity: (...args: P) => Promise<R>,
  args: P,
  info: Partial<Info> = {},
): Promise<R> {
  const workflowExecution = { workflowId: 'nightly', runId: 'run-1' };
  return environmentOf({ workflowExecution, ...info }).run(activity, ...args);
}

/** Lists the whole tree. */
export async function listAll({ activities, run }: Rig): Promise<Page[]> {
  const pages: Page[] = [];
  do {
    const cursor = pages.at(-1)?.cursor;
    pages.push(await perform(activities.listFiles, cursor === undefined ? [run, 0] : [run, pages.length, cursor]));
  } while (pages.at(-1)?.cursor !== undefined);
  return pages;
}

/** Runs every copy of the pages and returns what became of each file, by path. */
export async function copyAll(rig: Rig, pages: readonly Page[], attempt = 1): Promise<Map<string, FileOutcome>> {
  const outcomes = new Map<string, FileOutcome>();
  for (const copy of pages.flatMap((page) => page.copies)) {
    await perform(rig.activities.copyFiles, [rig.run, copy], { attempt });
    const blob = runLayout(rig.run).outcome(copy.page, copy.number);
    for (const outcome of parseNdjson<FileOutcome>((await blobBytes(rig, blob)).toString())) {
      outcomes.set(outcome.path, outcome);
    }
  }
  return outcomes;
}

/** Lists and copies the tree. */
export async function backUp(rig: Rig): Promise<Map<string, FileOutcome>> {
  return copyAll(rig, await listAll(rig));
}

/** The blob that a file below the root becomes. */
export function nameOf({ root }: Rig, path: string): string {
  return `${root.slice(1)}/${path}`;
}

export function blobBytes({ container }: Rig, name: string): Promise<Buffer> {
  return container.getBlobClient(name).downloadToBuffer();
}

/** The names of the backed-up files' blobs. */
export async function blobNames({ container }: Rig): Promise<string[]> {
  const blobs = await Array.fromAsync(container.listBlobsFlat());
  return blobs.map(({ name }) => name).filter((name) => !name.startsWith('.durable-backup/'));
}

/** Bytes of files sent, by method and kind of request, since `from`. */
export function bytesSent({ proxy, root }: Rig, from = 0): number {
  const files = proxy.requests
    .slice(from)
    .filter(({ path, query }) => path.includes(root) && query.get('comp') !== 'blocklist');
  return files.reduce((sum, { bytes }) => sum + bytes, 0);
}
