import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { BlockBlobClient, ContainerClient } from '@azure/storage-blob';
import { serviceOf, type Service } from '../access-refused.ts';
import { askStorage, codeOf, statusOf, type Patience } from './ask-storage.ts';
import type { StoredPayload } from './claim.ts';
import { altered, missing, unavailable } from './failures.ts';

// Between two looks a blob may be pruned and a container made: more often than this is no coincidence.
const rounds = 5;

/** Blobs that are named after their content, in one container. Failures are those of the driver. */
export class ContentStore {
  readonly #container: ContainerClient;
  readonly #patience: Patience;
  readonly #service: Service;

  constructor(container: ContainerClient, patience: Patience) {
    this.#container = container;
    this.#patience = patience;
    this.#service = serviceOf(container);
  }

  /** Makes sure that the blob is there, whole, and last modified now. */
  async write(stored: StoredPayload, bytes: Uint8Array, signal: AbortSignal): Promise<void> {
    const blob = this.#container.getBlockBlobClient(stored.blob);
    const md5 = createHash('md5').update(bytes).digest();
    try {
      for (let round = 0; round < rounds; round += 1) {
        if (await this.#create(blob, bytes, md5, signal)) return;
        if (await this.#refresh(blob, bytes, md5, signal)) return;
      }
    } catch (error) {
      signal.throwIfAborted();
      throw unavailable(`store ${stored.blob}`, this.#service, error);
    }
    throw unavailable(`store ${stored.blob}`, this.#service, new Error('it is created and deleted by turns'));
  }

  /** The blob's bytes, which are those that were stored. */
  async read({ blob, size, sha256 }: StoredPayload, signal: AbortSignal): Promise<Uint8Array> {
    const client = this.#container.getBlockBlobClient(blob);
    let bytes: Uint8Array;
    try {
      bytes = await this.#ask(signal, size, (abortSignal) => download(client, size, abortSignal));
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof OtherSize) throw altered(blob, this.#service.url, `${error.found} bytes instead of ${size}`);
      throw statusOf(error) === 404
        ? missing(blob, this.#service.url)
        : unavailable(`retrieve ${blob}`, this.#service, error);
    }
    const found = createHash('sha256').update(bytes).digest('hex');
    if (found !== sha256) throw altered(blob, this.#service.url, `its SHA-256 is ${found}`);
    return bytes;
  }

  // False when the blob exists.
  async #create(blob: BlockBlobClient, bytes: Uint8Array, md5: Uint8Array, signal: AbortSignal): Promise<boolean> {
    const put = () => this.#put(blob, bytes, md5, { ifNoneMatch: '*' }, signal);
    try {
      await put();
    } catch (error) {
      if (exists(error)) return false;
      if (codeOf(error) !== 'ContainerNotFound') throw error;
      await this.#ask(signal, 0, (abortSignal) => this.#container.createIfNotExists({ abortSignal }));
      return false;
    }
    return true;
  }

  // False when the blob is gone, or was replaced meanwhile.
  async #refresh(blob: BlockBlobClient, bytes: Uint8Array, md5: Uint8Array, signal: AbortSignal): Promise<boolean> {
    try {
      const found = await this.#ask(signal, 0, (abortSignal) => blob.getProperties({ abortSignal }));
      if (found.contentLength !== bytes.length || (found.contentMD5 && !sameBytes(found.contentMD5, md5))) {
        // Whoever damaged it, the content is here to mend it.
        await this.#put(blob, bytes, md5, { ifMatch: found.etag ?? '' }, signal);
        return true;
      }
      // On no condition: a blob that is gone may answer either of 404 and 412 to one, and 412 would look like another writer's doing.
      const metadata = { lastused: new Date().toISOString() };
      await this.#ask(signal, 0, (abortSignal) => blob.setMetadata(metadata, { abortSignal }));
      return true;
    } catch (error) {
      const status = statusOf(error);
      if (status === 404 || status === 412) return false;
      throw error;
    }
  }

  async #put(
    blob: BlockBlobClient,
    bytes: Uint8Array,
    md5: Uint8Array,
    conditions: { ifMatch: string } | { ifNoneMatch: string },
    signal: AbortSignal,
  ): Promise<void> {
    await this.#ask(signal, bytes.length, (abortSignal) =>
      blob.upload(bytes, bytes.length, {
        abortSignal,
        conditions,
        transactionalContentMD5: md5,
        blobHTTPHeaders: { blobContentType: 'application/x-protobuf' },
      }),
    );
  }

  #ask<T>(signal: AbortSignal, bytes: number, send: (signal: AbortSignal) => Promise<T>): Promise<T> {
    return askStorage({ patience: this.#patience, signal, bytes, send });
  }
}

class OtherSize extends Error {
  override readonly name = 'OtherSize';
  readonly found: number | undefined;

  constructor(found: number | undefined) {
    super(`${found} bytes`);
    this.found = found;
  }
}

async function download(client: BlockBlobClient, size: number, abortSignal: AbortSignal): Promise<Uint8Array> {
  const { readableStreamBody, contentLength } = await client.download(0, undefined, { abortSignal });
  const body = readableStreamBody as Readable | undefined;
  if (contentLength !== size) {
    body?.destroy();
    throw new OtherSize(contentLength);
  }
  const chunks: Buffer[] = [];
  for await (const chunk of body ?? []) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function exists(error: unknown): boolean {
  return statusOf(error) === 412 || codeOf(error) === 'BlobAlreadyExists';
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}
