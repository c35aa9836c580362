import { hash } from 'node:crypto';
import {
  type BlobRequestConditions,
  type BlockBlobClient,
  type ContainerClient,
  RestError,
  type BlobClient,
} from '@azure/storage-blob';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemFolder } from '../contracts/blob-prefix.ts';
import { serviceOf } from './access-refused.ts';
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
import { getBlob, createAskLean, type AskLean, putBlob } from './lean/lean-requests.ts';
import { observed, type RequestObserver } from './observe-requests.ts';
import { paced } from './pace/patience.ts';
import type { RateLimit } from './pace/rate-limit.ts';
import { answerOf, isInternalFault } from './azure-errors.ts';

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
    const service = serviceOf(client);
    this.url = service.url;
    const ask = paced(observed(createAskAzure(service, answerWithin), observer), { service, uploads });
    this.#askOnce = ask;
    this.#ask = (action, signal, transfer, send) =>
      ask(action, signal, transfer, (limited) => absorbFaults(limited, () => send(limited)));
    this.#askLean = createAskLean(client, service);
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

const tries = 3;
const firstPause = 200;

/**
 * Sends again after a dropped connection or an error inside the service. The SDK's own retries are off: they would ask a busy service
 * again without anybody knowing.
 */
async function absorbFaults<T>(signal: AbortSignal, send: () => Promise<T>): Promise<T> {
  for (let tried = 1; ; tried += 1) {
    try {
      return await send();
    } catch (error) {
      if (tried >= tries || signal.aborted || !mayPass(error)) throw error;
      await sleep(firstPause * tried * (0.5 + Math.random() / 2), undefined, { signal });
    }
  }
}

function mayPass(error: unknown): boolean {
  const answer = answerOf(error);
  return answer ? isInternalFault(answer) : error instanceof RestError;
}

// Azure takes a backslash for a slash and drops a final dot; whoever parses a URL resolves dot segments, out of the container even.
const rewritten = /\\|\.$|(?:^|\/)\.{1,2}(?:\/|$)/u;

/** A blob's name as it stands in a URL. Throws a {@link BlobStoreError} when it would be stored under another name. */
function pathOf(name: string): string {
  if (name === '' || !name.isWellFormed() || rewritten.test(name))
    throw new BlobStoreError('refused', `the blob name ${JSON.stringify(name)} would be stored under another name`);
  return name.split('/').map(encodeURIComponent).join('/');
}

const snapshotTries = 3;

/** Reads a range of what a client of a snapshot points to. Throws what the SDK throws. */
async function readSnapshot(snapshot: BlobClient, range: BlobRange, abortSignal: AbortSignal): Promise<Buffer> {
  const { from, to, etag } = range;
  const conditions = etag === undefined ? {} : { conditions: { ifMatch: etag } };
  const count = to === undefined ? undefined : to - from;
  for (let tried = 1; ; tried += 1) {
    const response = await snapshot.download(from, count, { abortSignal, ...conditions });
    try {
      const chunks: Buffer[] = [];
      for await (const chunk of response.readableStreamBody ?? []) chunks.push(Buffer.from(chunk));
      return Buffer.concat(chunks);
    } catch (error) {
      // Who asks gets over what happens until the answer starts; one that is cut short shows only here.
      if (tried >= snapshotTries || abortSignal.aborted) throw error;
    }
  }
}
