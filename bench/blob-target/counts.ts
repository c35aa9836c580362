import type { Kind } from './kinds.ts';

/** What the target has seen of one kind of request since it began. */
export interface Count {
  requests: number;
  /** Of bodies, as they arrive: those of requests that were cut off too. */
  bytesIn: number;
  bytesOut: number;
  /** Begun and not answered yet. */
  inFlight: number;
  /** Ended by the client in the middle of their bodies. */
  cut: number;
}

export type Counts = Partial<Record<Kind, Count>>;

/** The one of this kind, made when it is the first. */
export function countOf(counts: Counts, kind: Kind): Count {
  return (counts[kind] ??= { requests: 0, bytesIn: 0, bytesOut: 0, inFlight: 0, cut: 0 });
}
