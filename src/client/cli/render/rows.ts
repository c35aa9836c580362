import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { printableJson } from '../../../lib/printable.ts';
import type { Call } from '../invocation.ts';
import { formatCount } from './format.ts';

/** How rows of one kind are shown to people. */
export interface RowFormat<R> {
  /** Above the rows. */
  readonly header?: string;
  readonly line: (row: R) => string;
  /** What the rows are: one, several. */
  readonly nouns: readonly [string, string];
  /** By what they are counted apart, if at all. */
  readonly label?: (row: R) => string;
  /** Where sizes are added up: that of a row. */
  readonly bytes?: (row: R) => number | undefined;
}

/** Prints rows as they come. */
export async function printAll<R extends object>(
  rows: AsyncIterable<R>,
  format: RowFormat<R>,
  { json }: { readonly json: boolean },
): Promise<void> {
  await writeLines(rowLines(rows, format, { json }), process.stdout);
}

/** Writes a list: NDJSON for programs, or what people read. */
export async function writeList(
  rows: readonly object[],
  { json, runnable }: Pick<Call, 'json' | 'runnable'>,
  text: () => string,
): Promise<void> {
  await writeLines(json ? rows.map((row) => printableJson(row)) : [runnable(text())], process.stdout);
}

/** The lines that show rows as they come: NDJSON for programs, or lines for people with the counts below. */
export async function* rowLines<R extends object>(
  rows: AsyncIterable<R>,
  format: RowFormat<R>,
  { json }: { readonly json: boolean },
): AsyncGenerator<string, undefined> {
  const count = createCount(format);
  // Not before the rows have begun: where there is an error instead, nothing else is printed.
  let header = json ? undefined : format.header;
  for await (const row of rows) {
    if (header !== undefined) yield header;
    header = undefined;
    count.add(row);
    yield json ? printableJson(row) : format.line(row);
  }
  if (header !== undefined) yield header;
  if (!json) yield count.text();
  return undefined;
}

// Counts the rows that it is shown, for the line below them.
function createCount<R>({ nouns, label, bytes }: RowFormat<R>): { add(row: R): void; text(): string } {
  const counts = new Map<string, number>();
  let rows = 0;
  let sum = 0;
  return {
    add(row) {
      rows += 1;
      sum += bytes?.(row) ?? 0;
      const counted = label?.(row);
      if (counted !== undefined) counts.set(counted, (counts.get(counted) ?? 0) + 1);
    },
    text() {
      const parts = Array.from(counts, ([counted, count]) => `${formatCount(count)} ${counted}`);
      const sizes = bytes ? `, ${formatCount(sum)} bytes` : '';
      return `${formatCount(rows)} ${nouns[rows === 1 ? 0 : 1]}${sizes}${parts.length === 0 ? '' : `: ${parts.join(', ')}`}`;
    },
  };
}

/** Writes lines, each with a line end, as {@link writePieces} does. */
export function writeLines(
  lines: Iterable<string> | AsyncIterable<string>,
  stream: Writable,
): Promise<'written' | 'unread'> {
  return writePieces(ended(lines), stream);
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
