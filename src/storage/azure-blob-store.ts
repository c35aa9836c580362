import { hash } from 'node:crypto';
import type { BlobRequestConditions, BlockBlobClient, ContainerClient } from '@azure/storage-blob';
import { systemFolder } from '../contracts/blob-name.ts';
import { absorbFaults } from './absorb-faults.ts';
import { createAskAzure, type AskAzure } from './ask-azure.ts';
import { archivedAt, etagOf, listBlobs, listFolders, listVersions, type Listed } from './azure-listing.ts';
import {
  BlobStoreError,
  maxPutBytes,
  type BlobProperties,
  type BlobRange,
  type BlobStore,
  type BlobVersion,
  type Precondition,
  type WriteOptions,
} from './blob-store.ts';
import { pathOf } from './blob-path.ts';
import { getBlob } from './lean/get-blob.ts';
import { createAskLean, type AskLean } from './lean/lean-requests.ts';
import { putBlob } from './lean/put-blob.ts';
import { observed, type RequestObserver } from './observe-requests.ts';
import { paced } from './pace/paced.ts';
import type { RateLimit } from './pace/rate-limit.ts';
import { readSnapshot } from './read-snapshot.ts';

const usualAnswerWithin = 30_000;

export interface AzureBlobStoreOptions {
  /** A call that takes longer ends as `unavailable`; one that carries bytes is given more. Milliseconds, 30,000 by default. */
  readonly answerWithin?: number;
  /** Blobs asked for in one request of a listing; 5,000 by default, which is the most that Azure answers. */
  readonly listPageSize?: number;
  /** Holds back what is sent, wherever it must; unlimited unless given. */
  readonly uploads?: RateLimit | undefined;
  /** Told of each request. */
  readonly observer?: RequestObserver | undefined;
}

/** A {@link BlobStore} over `@azure/storage-blob`. */
export class AzureBlobStore implements BlobStore {
  readonly #client: ContainerClient;
  /** For requests that get over faults by themselves. */
  readonly #askOnce: AskAzure;
  readonly #ask: AskAzure;
  readonly #listed: Listed;
  readonly #askLean: AskLean;
  readonly container: string;
  readonly url: string;

  constructor(
    client: ContainerClient,
    { answerWithin = usualAnswerWithin, listPageSize = 5000, uploads, observer }: AzureBlobStoreOptions = {},
  ) {
    this.#client = client;
    this.container = client.containerName;
    this.url = client.url.split('?')[0] ?? client.url;
    const ask = paced(observed(createAskAzure(this.url, answerWithin), observer), { url: this.url, uploads });
    this.#askOnce = ask;
    this.#ask = (action, signal, transfer, send) =>
      ask(action, signal, transfer, (limited) => absorbFaults(limited, () => send(limited)));
    this.#askLean = createAskLean(client);
    this.#listed = { client, ask: this.#ask, pageSize: listPageSize };
  }

  async ensureContainer(signal: AbortSignal): Promise<void> {
    await this.#ask('create the container', signal, {}, (abortSignal) =>
      this.#client.createIfNotExists({ abortSignal }),
    );
  }

  async put(name: string, body: Buffer, options: WriteOptions): Promise<string> {
    if (body.length > maxPutBytes)
      throw new BlobStoreError('refused', `${name} is too large for one request: stage it in blocks`);
    const path = pathOf(name);
    // What a job writes of itself is little, and its other work waits for it.
    const transfer = { sent: body.length, first: name.startsWith(`${systemFolder}/`) };
    const etag = await this.#askOnce(`write ${name}`, options.signal, transfer, (signal) =>
      putBlob(this.#askLean, path, body, { ...options, signal }),
    );
    return etagOf(etag);
  }

  async stageBlock(name: string, blockId: string, body: Buffer, signal: AbortSignal, md5?: string): Promise<void> {
    const blob = this.#blob(name);
    const transactionalContentMD5 = md5 === undefined ? hash('md5', body, 'buffer') : Buffer.from(md5, 'base64');
    await this.#ask(`stage a block of ${name}`, signal, { sent: body.length }, (abortSignal) =>
      blob.stageBlock(blockId, body, body.length, { abortSignal, transactionalContentMD5 }),
    );
  }

  async stagedBlocks(name: string, signal: AbortSignal): Promise<ReadonlyMap<string, number>> {
    const blob = this.#blob(name);
    const list = await this.#askMaybe(`list the blocks of ${name}`, signal, (abortSignal) =>
      blob.getBlockList('uncommitted', { abortSignal }),
    );
    return new Map((list?.uncommittedBlocks ?? []).map((block) => [block.name, block.size]));
  }

  async commitBlocks(name: string, blockIds: readonly string[], options: WriteOptions): Promise<string> {
    const blob = this.#blob(name);
    const response = await this.#ask(`commit ${name}`, options.signal, {}, (abortSignal) =>
      blob.commitBlockList([...blockIds], { abortSignal, ...writeSettings(options) }),
    );
    return etagOf(response.etag);
  }

  async properties(name: string, signal: AbortSignal): Promise<BlobProperties | undefined> {
    const blob = this.#blob(name);
    const found = await this.#askMaybe(`look up ${name}`, signal, (abortSignal) => blob.getProperties({ abortSignal }));
    if (found === undefined) return undefined;
    return {
      name,
      etag: etagOf(found.etag),
      size: found.contentLength ?? 0,
      metadata: found.metadata ?? {},
      ...archivedAt(found.accessTier),
    };
  }

  async read(name: string, range: BlobRange, signal: AbortSignal): Promise<Buffer> {
    const path = pathOf(name);
    const { from, to, snapshot } = range;
    const action = `read ${name}`;
    const transfer = { received: (to ?? from) - from };
    // A range of no bytes cannot be written in HTTP.
    if (to === from) return Buffer.alloc(0);
    // An emulator takes a container's signature for none of its snapshots.
    if (snapshot !== undefined)
      return this.#ask(action, signal, transfer, (limited) =>
        readSnapshot(this.#blob(name).withSnapshot(snapshot), range, limited),
      );
    return this.#askOnce(action, signal, transfer, (limited) => getBlob(this.#askLean, path, range, limited));
  }

  list(prefix: string, signal: AbortSignal): AsyncIterable<BlobProperties> {
    return listBlobs(this.#listed, prefix, signal);
  }

  listVersions(prefix: string, signal: AbortSignal): AsyncIterable<BlobVersion> {
    return listVersions(this.#listed, prefix, signal);
  }

  listFolders(prefix: string, signal: AbortSignal): AsyncIterable<string> {
    return listFolders(this.#listed, prefix, signal);
  }

  async snapshot(name: string, etag: string, signal: AbortSignal): Promise<string> {
    const blob = this.#blob(name);
    const response = await this.#ask(`snapshot ${name}`, signal, {}, (abortSignal) =>
      blob.createSnapshot({ abortSignal, conditions: { ifMatch: etag } }),
    );
    return response.snapshot ?? '';
  }

  async delete(
    { name, etag, snapshot }: Pick<BlobVersion, 'name' | 'etag' | 'snapshot'>,
    signal: AbortSignal,
  ): Promise<void> {
    const blob = this.#blob(name);
    await this.#ask(`delete ${name}`, signal, {}, (abortSignal) =>
      snapshot === undefined
        ? blob.delete({ abortSignal, conditions: { ifMatch: etag } })
        : blob.withSnapshot(snapshot).delete({ abortSignal }),
    );
  }

  #blob(name: string): BlockBlobClient {
    pathOf(name);
    return this.#client.getBlockBlobClient(name);
  }

  async #askMaybe<T>(
    action: string,
    signal: AbortSignal,
    send: (signal: AbortSignal) => Promise<T>,
  ): Promise<T | undefined> {
    try {
      return await this.#ask(action, signal, {}, send);
    } catch (error) {
      if (error instanceof BlobStoreError && error.kind === 'not-found') return undefined;
      throw error;
    }
  }
}

function writeSettings(options: WriteOptions) {
  return {
    ...(options.metadata && { metadata: { ...options.metadata } }),
    ...(options.precondition && { conditions: conditions(options.precondition) }),
    ...(options.contentType !== undefined && { blobHTTPHeaders: { blobContentType: options.contentType } }),
  };
}

function conditions(precondition: Precondition): BlobRequestConditions {
  return 'etag' in precondition ? { ifMatch: precondition.etag } : { ifNoneMatch: '*' };
}
