import { setTimeout as sleep } from 'node:timers/promises';
import type { ContainerClient } from '@azure/storage-blob';
import type { IncomingHttpHeaders } from 'node:http';
import { hash } from 'node:crypto';
import { Pool, type Dispatcher } from 'undici';
import type { Service } from '../access-refused.ts';
import { answerError } from '../azure-errors.ts';
import {
  BlobStoreError,
  isBlobStoreError,
  type Precondition,
  type WriteOptions,
  type BlobRange,
} from '../blob-store.ts';
import { createAccess } from './access.ts';

// The oldest that knows all that is used here, so that older emulators and clouds know it too.
const apiVersion = '2020-10-02';
const tries = 3;
const firstPause = 200;

/** A request about one blob. */
interface LeanRequest extends Pick<Message, 'method' | 'headers' | 'body'> {
  /** Names it in errors, before the blob's name. */
  readonly verb: string;
  /** The blob's name as it stands in a URL. */
  readonly path: string;
  /** Answers that are a success. */
  readonly expected: readonly number[];
}

/** Sends a request, again after passing faults, and returns the answer once it is a success. */
export type AskLean = (request: LeanRequest, signal: AbortSignal) => Promise<Answer>;

/**
 * Requests without the SDK's pipeline, for small files, by undici's dispatcher: one takes a small part of the processor's time that it
 * takes there, and little more than half of that by Node's own `http`. What concerns credentials is the SDK's all the same. Throws a `BlobStoreError`, `Busy`, what the credential threw, or the signal's reason.
 */
export function createAskLean(client: ContainerClient, service: Service): AskLean {
  const access = createAccess(client);
  const url = new URL(service.url);
  const send = createSend(url);

  const askOnce = async ({ method, verb, path, headers, body, expected }: LeanRequest, signal: AbortSignal) => {
    const { query, headers: credentials } = await access();
    const message: Message = {
      method,
      path: `${url.pathname}/${path}${query === '' ? '' : `?${query}`}`,
      headers: ['x-ms-version', apiVersion, ...headers, ...Object.entries(credentials).flat()],
      ...(body && { body }),
    };
    const action = () => `${verb} ${decodeURIComponent(path)}`;
    const answer = await send(message, signal).catch((error: Error) => {
      throw new BlobStoreError('unavailable', `${action()}: no answer from ${service.url} (${error.message})`, {
        cause: error,
      });
    });
    if (expected.includes(answer.status)) return answer;
    const { 'x-ms-error-code': code, 'retry-after': retryAfter, date } = answer.headers;
    throw answerError({ status: answer.status, code: code?.toString(), retryAfter, date }, action(), service);
  };

  return async (request, signal) => {
    for (let tried = 1; ; tried += 1) {
      try {
        return await askOnce(request, signal);
      } catch (error) {
        signal.throwIfAborted();
        if (tried >= tries || !isBlobStoreError(error, 'unavailable')) throw error;
        await sleep(firstPause * tried * (0.5 + Math.random()), undefined, { signal });
      }
    }
  };
}

/**
 * One pool of connections for each origin, which all stores of a process share. Connections stay open between requests; how many there
 * are is for whoever sends to say, and how long an answer may take is for the signal.
 */
const pools = new Map<string, Pool>();

function poolOf(origin: string): Pool {
  const pool = pools.get(origin) ?? new Pool(origin, { allowH2: false, headersTimeout: 0, bodyTimeout: 0 });
  pools.set(origin, pool);
  return pool;
}

/** What a service answered, whole. */
interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

interface Message {
  readonly method: 'GET' | 'PUT';
  /** With the query, as it stands in a URL. */
  readonly path: string;
  /** Names and values in turn. */
  readonly headers: string[];
  readonly body?: Buffer;
}

/** Sends one request. Rejects with the system's error, also where the answer is cut short, or with the signal's reason. */
type Send = (message: Message, signal: AbortSignal) => Promise<Answer>;

/** Makes the function that sends to the host of this URL. */
function createSend({ origin }: URL): Send {
  const pool = poolOf(origin);
  return ({ method, path, headers, body }, signal) =>
    new Promise((resolve, reject) => {
      signal.throwIfAborted();
      pool.dispatch({ method, path, headers, body: body ?? null }, new Receiver(signal, resolve, reject));
    });
}

/** Gathers one answer, without the streams that undici would make of it otherwise. */
class Receiver implements Dispatcher.DispatchHandler {
  readonly #signal: AbortSignal;
  readonly #resolve: (answer: Answer) => void;
  readonly #reject: (reason: unknown) => void;
  readonly #chunks: Buffer[] = [];
  #controller: Dispatcher.DispatchController | undefined;
  #status = 0;
  #headers: IncomingHttpHeaders = {};

  constructor(signal: AbortSignal, resolve: (answer: Answer) => void, reject: (reason: unknown) => void) {
    this.#signal = signal;
    this.#resolve = resolve;
    this.#reject = reject;
    signal.addEventListener('abort', this);
  }

  /** Of the signal. One that waits for a connection is given up at once, and undici finds that out when its turn comes. */
  handleEvent(): void {
    const reason = this.#signal.reason as Error;
    this.#controller?.abort(reason);
    this.onResponseError(undefined, reason);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#signal.aborted) controller.abort(this.#signal.reason as Error);
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    this.#status = status;
    this.#headers = headers;
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    this.#signal.removeEventListener('abort', this);
    const [first] = this.#chunks;
    const whole = first !== undefined && this.#chunks.length === 1 ? first : Buffer.concat(this.#chunks);
    this.#resolve({ status: this.#status, headers: this.#headers, body: whole });
  }

  onResponseError(_: unknown, error: Error): void {
    this.#signal.removeEventListener('abort', this);
    this.#reject(error);
  }
}

/**
 * Writes a whole blob in one request and returns its etag. `path` is the name as it stands in a URL. Throws what {@link AskLean} throws.
 * https://learn.microsoft.com/rest/api/storageservices/put-blob
 */
export async function putBlob(ask: AskLean, path: string, body: Buffer, options: WriteOptions): Promise<string> {
  const headers = headersOf(body, options);
  const answer = await ask({ method: 'PUT', verb: 'write', path, headers, body, expected: [201] }, options.signal);
  return answer.headers.etag ?? '';
}

/** Names and values in turn. */
function headersOf(body: Buffer, { metadata = {}, precondition, contentType }: WriteOptions): string[] {
  const headers = ['x-ms-blob-type', 'BlockBlob', ...conditionOf(precondition)];
  headers.push('content-length', String(body.length), 'content-md5', hash('md5', body, 'base64'));
  if (contentType !== undefined) headers.push('x-ms-blob-content-type', contentType);
  for (const [key, value] of Object.entries(metadata)) headers.push(`x-ms-meta-${key}`, value);
  return headers;
}

function conditionOf(precondition: Precondition | undefined): readonly string[] {
  if (!precondition) return [];
  return 'etag' in precondition ? ['if-match', precondition.etag] : ['if-none-match', '*'];
}

/**
 * Reads what one answer holds of a blob as it is; `path` is the name as it stands in a URL. The range must not be empty. Who reads knows the
 * SHA-256 of what it reads, or parses it; the MD5 that the service may name is whatever the blob's writer said. Throws what
 * {@link AskLean} throws.
 * https://learn.microsoft.com/rest/api/storageservices/get-blob
 */
export async function getBlob(
  ask: AskLean,
  path: string,
  { from, to, etag }: Omit<BlobRange, 'snapshot'>,
  signal: AbortSignal,
): Promise<Buffer> {
  const headers = etag === undefined ? [] : ['if-match', etag];
  const isWhole = from === 0 && to === undefined;
  // The last byte of a range belongs to it.
  if (!isWhole) headers.push('x-ms-range', `bytes=${from}-${to === undefined ? '' : to - 1}`);
  // A service that overlooked the range would answer 200, with other bytes.
  const expected = [isWhole ? 200 : 206];
  return (await ask({ method: 'GET', verb: 'read', path, headers, expected }, signal)).body;
}
