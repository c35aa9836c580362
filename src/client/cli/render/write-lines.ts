import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { printableJson } from '../../../lib/printable.ts';

/** Writes lines, each with a line end, as {@link writePieces} does. */
export function writeLines(
  lines: Iterable<string> | AsyncIterable<string>,
  stream: Writable,
): Promise<'written' | 'unread'> {
  return writePieces(ended(lines), stream);
}

/** Writes a list: NDJSON for programs, or what people read. */
export async function writeList(
  rows: readonly object[],
  { json }: { readonly json: boolean },
  text: () => string,
): Promise<void> {
  await writeLines(json ? rows.map((row) => printableJson(row)) : [text()], process.stdout);
}

async function* ended(lines: Iterable<string> | AsyncIterable<string>): AsyncGenerator<string, undefined> {
  for await (const line of lines) yield `${line}\n`;
  return undefined;
}

/**
 * Writes pieces as they come, no faster than they are read, and returns once all are written. When the reader goes away, as `head` does
 * once it has enough, it stops quietly. Throws what the source throws.
 */
export async function writePieces(
  pieces: AsyncIterable<string | Buffer>,
  stream: Writable,
): Promise<'written' | 'unread'> {
  const gone = new AbortController();
  let failure: Error | undefined;
  const onError = (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') failure = error;
    gone.abort();
  };
  // Stays: a pipe's error may come after the last line was handed over, and nobody else listens.
  stream.on('error', onError);
  for await (const piece of pieces) {
    if (gone.signal.aborted) break;
    if (!stream.write(piece)) await once(stream, 'drain', { signal: gone.signal }).catch(() => undefined);
  }
  if (!gone.signal.aborted) await new Promise<void>((resolve) => stream.write('', () => resolve()));
  if (failure) throw failure;
  return gone.signal.aborted ? 'unread' : 'written';
}
