import { createHash } from 'node:crypto';
import type { BlobRequestConditions, BlockBlobClient, ContainerClient } from '@azure/storage-blob';
import { createAskAzure, type AskAzure } from './ask-azure.ts';
import { etagOf, listBlobs, listFolders, listVersions, type Listed } from './azure-listing.ts';
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
import { createPutBlob, type PutBlob } from './put-blob/put-blob.ts';

const usualAnswerWithin = 30_000;
const readTries = 3;

export interface AzureBlobStoreOptions {
  /** A call that takes longer ends as `unavailable`; one that carries bytes is given more. Milliseconds, 30,000 by default. */
  readonly answerWithin?: number;
  /** Blobs asked for in one request of a listing; 5,000 by default, which is the most that Azure answers. */
  readonly listPageSize?: number;
}

/** A {@link BlobStore} over `@azure/storage-blob`. */
export class AzureBlobStore implements BlobStore {
  readonly #client: ContainerClient;
  readonly #ask: AskAzure;
  readonly #listed: Listed;
  readonly #put: PutBlob;
  readonly container: string;
  readonly url: string;

  constructor(
    client: ContainerClient,
    { answerWithin = usualAnswerWithin, listPageSize = 5000 }: AzureBlobStoreOptions = {},
  ) {
    this.#client = client;
    this.container = client.containerName;
    this.url = client.url.split('?')[0] ?? client.url;
    this.#ask = createAskAzure(this.url, answerWithin);
    this.#put = createPutBlob(client);
    this.#listed = { client, ask: this.#ask, pageSize: listPageSize };
  }

  async ensureContainer(signal: AbortSignal): Promise<void> {
    await this.#ask('create the container', signal, 0, (abortSignal) =>
      this.#client.createIfNotExists({ abortSignal }),
    );
  }

  async put(name: string, body: Buffer, options: WriteOptions): Promise<string> {
    if (body.length > maxPutBytes)
      throw new BlobStoreError('refused', `${name} is too large for one request: stage it in blocks`);
    const path = pathOf(name);
    const etag = await this.#ask(`write ${name}`, options.signal, body.length, (signal) =>
      this.#put(path, body, { ...options, signal }),
    );
    return etagOf(etag);
  }

  async stageBlock(name: string, blockId: string, body: Buffer, signal: AbortSignal): Promise<void> {
    const blob = this.#blob(name);
    await this.#ask(`stage a block of ${name}`, signal, body.length, (abortSignal) =>
      blob.stageBlock(blockId, body, body.length, { abortSignal, transactionalContentMD5: md5(body) }),
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
    const response = await this.#ask(`commit ${name}`, options.signal, 0, (abortSignal) =>
      blob.commitBlockList([...blockIds], { abortSignal, ...writeSettings(options) }),
    );
    return etagOf(response.etag);
  }

  async properties(name: string, signal: AbortSignal): Promise<BlobProperties | undefined> {
    const blob = this.#blob(name);
    const found = await this.#askMaybe(`look up ${name}`, signal, (abortSignal) => blob.getProperties({ abortSignal }));
    if (found === undefined) return undefined;
    return { name, etag: etagOf(found.etag), size: found.contentLength ?? 0, metadata: found.metadata ?? {} };
  }

  async read(name: string, range: BlobRange, signal: AbortSignal): Promise<Buffer> {
    const present = this.#blob(name);
    const blob = range.snapshot === undefined ? present : present.withSnapshot(range.snapshot);
    const ifMatch = range.etag === undefined ? {} : { conditions: { ifMatch: range.etag } };
    const count = range.to === undefined ? undefined : range.to - range.from;
    // A range of no bytes cannot be written in HTTP.
    if (count === 0) return Buffer.alloc(0);
    return this.#ask(`read ${name}`, signal, count ?? 0, async (abortSignal) => {
      for (let tries = 1; ; tries += 1) {
        const response = await blob.download(range.from, count, { abortSignal, ...ifMatch });
        try {
          const chunks: Buffer[] = [];
          for await (const chunk of response.readableStreamBody ?? []) chunks.push(Buffer.from(chunk));
          return Buffer.concat(chunks);
        } catch (error) {
          // The SDK tries again until the answer starts; one that is cut short is left to its caller.
          if (tries >= readTries || abortSignal.aborted) throw error;
        }
      }
    });
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
    const response = await this.#ask(`snapshot ${name}`, signal, 0, (abortSignal) =>
      blob.createSnapshot({ abortSignal, conditions: { ifMatch: etag } }),
    );
    return response.snapshot ?? '';
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
      return await this.#ask(action, signal, 0, send);
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

function md5(body: Buffer): Buffer {
  return createHash('md5').update(body).digest();
}
