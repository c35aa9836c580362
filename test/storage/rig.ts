import { randomUUID } from 'node:crypto';
import { BlobServiceClient } from '@azure/storage-blob';
import { inject, onTestFinished } from 'vitest';
import type { AzureBlobStoreOptions } from '../../src/storage/azure-blob-store.ts';
import type { BlobStore } from '../../src/storage/blob-store.ts';
import { openBlobStore } from '../../src/storage/open-blob-store.ts';
import { createBlobProxy, type BlobProxy } from '../support/blob-proxy.ts';
import { content } from '../support/tree.ts';

export const signal = new AbortController().signal;
export const block = (id: string) => Buffer.from(id).toString('base64');

export function newContainer(): string {
  return `store-${randomUUID()}`;
}

/** Azurite by the SDK alone, past the code under test. */
export function azurite(): BlobServiceClient {
  return BlobServiceClient.fromConnectionString(inject('connectionString'));
}

export interface Rig {
  readonly proxy: BlobProxy;
  readonly container: string;
  /** Through the proxy. */
  readonly store: BlobStore;
  /** Past the proxy. */
  readonly direct: BlobStore;
}

export async function openRig(options?: AzureBlobStoreOptions): Promise<Rig> {
  const proxy = await createBlobProxy({ target: inject('connectionString') });
  onTestFinished(() => proxy.close());
  const container = newContainer();
  const direct = openBlobStore({ connectionString: inject('connectionString') }, container);
  await direct.ensureContainer(signal);
  onTestFinished(async () => void (await azurite().deleteContainer(container)));
  return {
    proxy,
    container,
    direct,
    store: openBlobStore({ connectionString: proxy.connectionString }, container, options),
  };
}

/** What a promise was rejected with. */
export async function rejection(promise: Promise<unknown>): Promise<Error & { kind?: string }> {
  return promise.then(
    () => new Error('nothing was thrown'),
    (error: unknown) => error as Error,
  );
}

/** Every call that sends something, on blobs that exist where that matters. */
export function everyCall(store: BlobStore, callSignal = signal): (() => Promise<unknown>)[] {
  return [
    () => store.ensureContainer(callSignal),
    () => store.put('new', Buffer.from('x'), { signal: callSignal }),
    () => store.stageBlock('staged', block('2'), Buffer.from('x'), callSignal),
    () => store.stagedBlocks('staged', callSignal),
    () => store.commitBlocks('staged', [block('1')], { signal: callSignal }),
    () => store.properties('there', callSignal),
    () => store.read('there', { from: 0 }, callSignal),
    () => Array.fromAsync(store.list('', callSignal)),
    () => Array.fromAsync(store.listVersions('', callSignal)),
    () => Array.fromAsync(store.listFolders('', callSignal)),
  ];
}

export async function fill(store: BlobStore): Promise<void> {
  await store.put('there', content(10_000), { signal });
  await store.stageBlock('staged', block('1'), Buffer.from('x'), signal);
}
