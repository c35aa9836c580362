import { printableJson } from '../../../lib/printable.ts';
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
