import { pipeline } from 'node:stream/promises';
import type { Response } from 'express';
import type { Logger } from 'pino';

const chunkLength = 16 * 1024;

/**
 * Streams values as NDJSON, no faster than the caller reads. What fails before the first value is thrown, for a proper answer; what fails
 * later breaks the connection, so that a part is never taken for the whole.
 */
export async function answerNdjson(response: Response, values: AsyncIterator<object>, log: Logger): Promise<void> {
  const first = await values.next();
  response.status(200).type('application/x-ndjson');
  try {
    await pipeline(chunks(first, values), response);
  } catch (error) {
    response.destroy();
    log.warn({ err: error, requestId: response.req.id }, 'a ledger was not sent whole');
  }
}

async function* chunks(
  first: IteratorResult<object>,
  values: AsyncIterator<object>,
): AsyncGenerator<string, undefined> {
  let chunk = '';
  try {
    for (let next = first; next.done !== true; next = await values.next()) {
      chunk += `${JSON.stringify(next.value)}\n`;
      if (chunk.length < chunkLength) continue;
      yield chunk;
      chunk = '';
    }
    if (chunk !== '') yield chunk;
  } finally {
    await values.return?.();
  }
  return undefined;
}
