import type { Count, Counts } from '../blob-target/counts.ts';
import type { Kind } from '../blob-target/kinds.ts';

/** What the target was asked between two looks at its counts; kinds of which there was nothing are left out. */
export function countsBetween(before: Counts, after: Counts): Counts {
  const differences = entriesOf(after).map(([kind, count]) => {
    const earlier = before[kind];
    const requests = count.requests - (earlier?.requests ?? 0);
    const bytesIn = count.bytesIn - (earlier?.bytesIn ?? 0);
    const bytesOut = count.bytesOut - (earlier?.bytesOut ?? 0);
    const cut = count.cut - (earlier?.cut ?? 0);
    return [kind, { requests, bytesIn, bytesOut, cut, inFlight: count.inFlight }] as const;
  });
  return Object.fromEntries(differences.filter(([, { requests }]) => requests > 0));
}

/** The requests of all kinds together. */
export function allRequests(counts: Counts): number {
  return entriesOf(counts).reduce((sum, [, { requests }]) => sum + requests, 0);
}

/** Which kinds there are in any of them. */
export function kindsOf(all: readonly Counts[]): Kind[] {
  return [...new Set(all.flatMap((counts) => entriesOf(counts).map(([kind]) => kind)))];
}

function entriesOf(counts: Counts): [Kind, Count][] {
  return Object.entries(counts) as [Kind, Count][];
}
