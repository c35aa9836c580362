import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Response } from 'express';
import type { Logger } from 'pino';

const chunkLength = 16 * 1024;

/** Streams values as NDJSON, as {@link answerStream} does. */
export function answerNdjson(response: Response, values: AsyncIterable<object>, log: Logger): Promise<void> {
  return answerStream(response, 'application/x-ndjson', ndjson(values), log);
}

/**
 * Streams an answer of 200, no faster than the caller reads. What fails before the first piece is thrown, for a proper answer; what
 * fails later breaks the connection, so that a part is never taken for the whole. `headers` are those of a proper answer alone.
 */
export async function answerStream(
  response: Response,
  type: string,
  pieces: AsyncGenerator<string | Buffer, undefined>,
  log: Logger,
  headers: Readonly<Record<string, string>> = {},
): Promise<void> {
  const first = await pieces.next();
  response.status(200).type(type).set(headers);
  try {
    await pipeline(startingWith(first, pieces), response);
  } catch (error) {
    response.destroy();
    log.warn({ err: error, requestId: response.req.id }, 'an answer was not sent whole');
  }
}

async function* startingWith<T>(
  first: IteratorResult<T, undefined>,
  rest: AsyncGenerator<T, undefined>,
): AsyncGenerator<T, undefined> {
  try {
    if (first.done !== true) yield first.value;
    yield* rest;
  } finally {
    await rest.return(undefined);
  }
  return undefined;
}

/** Lines in chunks: what there is goes out when the next value takes a while. */
async function* ndjson(values: AsyncIterable<object>): AsyncGenerator<string, undefined> {
  const iterator = values[Symbol.asyncIterator]();
  let chunk = '';
  let due: Promise<undefined> | undefined;
  try {
    for (let next = iterator.next(); ;) {
      const result = chunk === '' ? await next : await Promise.race([next, (due ??= afterAWhile())]);
      if (result?.done === true) break;
      if (result) {
        chunk += `${JSON.stringify(result.value)}\n`;
        next = iterator.next();
        // It may fail before its turn comes.
        next.catch(() => undefined);
        if (chunk.length < chunkLength) continue;
      }
      yield chunk;
      chunk = '';
      due = undefined;
    }
    if (chunk !== '') yield chunk;
  } finally {
    await iterator.return?.();
  }
  return undefined;
}

const aWhile = 50;

function afterAWhile(): Promise<undefined> {
  return sleep(aWhile, undefined, { ref: false });
}
