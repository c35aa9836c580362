import type { ContainerClient } from '@azure/storage-blob';
import {
  ValueError,
  type Payload,
  type StorageDriver,
  type StorageDriverClaim,
  type StorageDriverRetrieveContext,
  type StorageDriverStoreContext,
} from '@temporalio/common';
import proto from '@temporalio/proto';
import pLimit, { type LimitFunction } from 'p-limit';
import type { Patience } from './ask-storage.ts';
import { describeBytes, fromClaim, toClaim } from './claim.ts';
import { ContentStore } from './content-store.ts';

interface AzureBlobStorageDriverOptions {
  /** Created when first written to. Needs to read, create and write blobs, and to create containers unless it exists. */
  readonly container: ContainerClient;
  /** Written into every reference, so it must stay what it is as long as references live. `azure.blobdriver` by default. */
  readonly name?: string;
  /** Payloads under way at once, over all calls. 16 by default. */
  readonly parallelism?: number;
  /** One try of a request may take this long, and more for its bytes. Milliseconds, 10,000 by default. */
  readonly answerWithin?: number;
  /** Tries of a request that fails in passing, besides those that the container client's own pipeline makes. 3 by default. */
  readonly tries?: number;
  /** A larger payload is refused. Bytes, 256 MiB by default: it must fit in memory, and in one request. */
  readonly maxPayloadBytes?: number;
}

const firstDelay = 200;

/**
 * Keeps the payloads of Temporal's external storage in Azure Blob Storage: each in a blob named after the SHA-256 of its bytes, below
 * its namespace, so that equal payloads are stored once. Storing a payload again marks its blob as used now, which is what
 * `pruneMessages` goes by.
 *
 * Failures are `ApplicationFailure`s of the types in `largeMessageFailures`; an abort throws the signal's reason.
 */
export class AzureBlobStorageDriver implements StorageDriver {
  readonly name: string;
  readonly type = 'azure.blobdriver';
  readonly #content: ContentStore;
  readonly #limit: LimitFunction;
  readonly #maxPayloadBytes: number;

  /** Sends nothing. Throws a `ValueError` when an option makes no sense. */
  constructor({
    container,
    name = 'azure.blobdriver',
    parallelism = 16,
    answerWithin = 10_000,
    tries = 3,
    maxPayloadBytes = 256 * 1024 * 1024,
  }: AzureBlobStorageDriverOptions) {
    if (name === '') throw new ValueError('name must not be empty');
    requireWhole({ parallelism, answerWithin, tries, maxPayloadBytes });
    const patience: Patience = { answerWithin, tries, firstDelay };
    this.name = name;
    this.#content = new ContentStore(container, patience);
    this.#limit = pLimit(parallelism);
    this.#maxPayloadBytes = maxPayloadBytes;
  }

  /** Returns one claim for each payload, in order, once all are stored. */
  store(context: StorageDriverStoreContext, payloads: Payload[]): Promise<StorageDriverClaim[]> {
    return this.#all(payloads, context.abortSignal, async (payload, signal) => {
      const bytes = payloadToBytes(payload);
      if (bytes.length > this.#maxPayloadBytes) {
        throw new ValueError(`a payload of ${bytes.length} bytes is over the limit of ${this.#maxPayloadBytes}`);
      }
      const stored = describeBytes(context.target?.namespace, bytes);
      await this.#content.write(stored, bytes, signal);
      return toClaim(stored);
    });
  }

  /** Returns the payload of each claim, in order. What comes back is checked against size and hash. */
  retrieve(context: StorageDriverRetrieveContext, claims: StorageDriverClaim[]): Promise<Payload[]> {
    return this.#all(claims, context.abortSignal, async ({ claimData }, signal) => {
      const stored = fromClaim(claimData);
      return payloadFromBytes(await this.#content.read(stored, signal));
    });
  }

  async #all<T, R>(
    items: readonly T[],
    abortSignal: AbortSignal | undefined,
    work: (item: T, signal: AbortSignal) => Promise<R>,
  ): Promise<R[]> {
    const siblings = new AbortController();
    const signal = abortSignal ? AbortSignal.any([abortSignal, siblings.signal]) : siblings.signal;
    const under = items.map((item) =>
      this.#limit(async () => {
        signal.throwIfAborted();
        return work(item, signal);
      }),
    );
    try {
      return await Promise.all(under);
    } catch (error) {
      siblings.abort(error);
      await Promise.allSettled(under);
      throw error;
    }
  }
}

function requireWhole(options: Readonly<Record<string, number>>): void {
  for (const [option, value] of Object.entries(options)) {
    if (!Number.isSafeInteger(value) || value < 1) throw new ValueError(`${option} must be a whole number from 1`);
  }
}

const { Payload: message } = proto.temporal.api.common.v1;

/** The payload as protobuf. Metadata goes in order of its keys, for equal payloads must be equal bytes. */
function payloadToBytes(payload: Payload): Uint8Array {
  const metadata = Object.fromEntries(Object.entries(payload.metadata ?? {}).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  return message.encode({ ...payload, metadata }).finish();
}

function payloadFromBytes(bytes: Uint8Array): Payload {
  return message.decode(bytes);
}
