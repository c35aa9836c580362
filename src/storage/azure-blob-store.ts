import { createHash } from 'node:crypto';
import type {
  BlobRequestConditions,
  BlockBlobClient,
  ContainerClient,
  ContainerListBlobFlatSegmentResponse,
} from '@azure/storage-blob';
import { blobStoreError } from './azure-errors.ts';
import {
  BlobStoreError,
  maxPutBytes,
  type BlobProperties,
  type BlobStore,
  type Precondition,
  type WriteOptions,
} from './blob-store.ts';

// The SDK has no timeout of its own: a service that accepts a request and never answers would hold it for ever.
const usualAnswerWithin = 30_000;
const bytesPerExtraMillisecond = 256;
const readTries = 3;
// Azure takes a backslash for a slash and drops a final dot.
const rewrittenByAzure = /\\|\.$/u;

export interface AzureBlobStoreOptions {
  /** A call that takes longer ends as `unavailable`; one that carries bytes is given more. Milliseconds, 30,000 by default. */
  readonly answerWithin?: number;
  /** Blobs asked for in one request of a listing; 5,000 by default, which is the most that Azure answers. */
  readonly listPageSize?: number;
}

/** A {@link BlobStore} over `@azure/storage-blob`. */
export class AzureBlobStore implements BlobStore {
  readonly #client: ContainerClient;
  readonly #answerWithin: number;
  readonly #listPageSize: number;
  readonly container: string;
  readonly url: string;

  constructor(
    client: ContainerClient,
    { answerWithin = usualAnswerWithin, listPageSize = 5000 }: AzureBlobStoreOptions = {},
  ) {
    this.#client = client;
    this.#answerWithin = answerWithin;
    this.#listPageSize = listPageSize;
    this.container = client.containerName;
    this.url = client.url.split('?')[0] ?? client.url;
  }

  async ensureContainer(signal: AbortSignal): Promise<void> {
    await this.#ask('create the container', signal, 0, (abortSignal) =>
      this.#client.createIfNotExists({ abortSignal }),
    );
  }

  async put(name: string, body: Buffer, options: WriteOptions): Promise<string> {
    if (body.length > maxPutBytes)
      throw new BlobStoreError('refused', `${name} is too large for one request: stage it in blocks`);
    const blob = this.#blob(name);
    const response = await this.#ask(`write ${name}`, options.signal, body.length, (abortSignal) =>
      blob.upload(body, body.length, {
        abortSignal,
        transactionalContentMD5: md5(body),
        ...writeSettings(options),
      }),
    );
    return etagOf(response.etag);
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

  async read(name: string, range: { from: number; to?: number }, signal: AbortSignal): Promise<Buffer> {
    const blob = this.#blob(name);
    const count = range.to === undefined ? undefined : range.to - range.from;
    // A range of no bytes cannot be written in HTTP.
    if (count === 0) return Buffer.alloc(0);
    return this.#ask(`read ${name}`, signal, count ?? 0, async (abortSignal) => {
      for (let tries = 1; ; tries += 1) {
        const response = await blob.download(range.from, count, { abortSignal });
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

  async *list(prefix: string, signal: AbortSignal): AsyncIterable<BlobProperties> {
    let continuationToken: string | undefined;
    do {
      const page: ContainerListBlobFlatSegmentResponse = await this.#listPage(prefix, continuationToken, signal);
      continuationToken = page.continuationToken;
      for (const blob of page.segment.blobItems) {
        yield {
          name: blob.name,
          etag: etagOf(blob.properties.etag),
          size: blob.properties.contentLength ?? 0,
          metadata: lowerCaseKeys(blob.metadata ?? {}),
        };
      }
    } while (continuationToken);
  }

  // One page at a time, so that each has a time limit of its own.
  #listPage(prefix: string, continuationToken: string | undefined, signal: AbortSignal) {
    return this.#ask(`list ${prefix}`, signal, 0, async (abortSignal) => {
      const settings = { maxPageSize: this.#listPageSize, ...(continuationToken && { continuationToken }) };
      const pages = this.#client.listBlobsFlat({ prefix, includeMetadata: true, abortSignal }).byPage(settings);
      const { value } = await pages.next();
      return value as ContainerListBlobFlatSegmentResponse;
    });
  }

  async snapshot(name: string, etag: string, signal: AbortSignal): Promise<string> {
    const blob = this.#blob(name);
    const response = await this.#ask(`snapshot ${name}`, signal, 0, (abortSignal) =>
      blob.createSnapshot({ abortSignal, conditions: { ifMatch: etag } }),
    );
    return response.snapshot ?? '';
  }

  // URL parsing resolves dot segments, so a name holding one would leave the container: what the URL says is compared with what was meant.
  #blob(name: string): BlockBlobClient {
    if (name !== '' && name.isWellFormed() && !rewrittenByAzure.test(name)) {
      const client = this.#client.getBlockBlobClient(name);
      const path = new URL(client.url).pathname;
      const container = new URL(this.#client.url).pathname;
      if (decodeURIComponent(path) === `${decodeURIComponent(container)}/${name}`) return client;
    }
    throw new BlobStoreError('refused', `the blob name ${JSON.stringify(name)} would be stored under another name`);
  }

  async #ask<T>(
    action: string,
    signal: AbortSignal,
    bytes: number,
    send: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const timeout = new AbortController();
    const timer = setTimeout(() => timeout.abort(), this.#answerWithin + Math.ceil(bytes / bytesPerExtraMillisecond));
    try {
      return await send(AbortSignal.any([signal, timeout.signal]));
    } catch (error) {
      signal.throwIfAborted();
      if (timeout.signal.aborted) {
        throw new BlobStoreError('unavailable', `${action}: no answer from ${this.url} in time`, { cause: error });
      }
      throw blobStoreError(error, action, this.url);
    } finally {
      clearTimeout(timer);
    }
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

// A HEAD quotes the etag and a listing does not; one form makes them comparable.
function etagOf(etag: string | undefined): string {
  const bare = (etag ?? '').replaceAll('"', '');
  return `"${bare}"`;
}

function lowerCaseKeys(metadata: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(metadata).map(([key, value]) => [key.toLowerCase(), value]));
}
