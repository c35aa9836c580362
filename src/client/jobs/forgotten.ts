const keptFor = 10 * 60_000;

/** Runs that were purged. Temporal deletes up to a minute after it was asked to, and until then still tells of them. */
export class Forgotten {
  // In the order of their times, as a map keeps what is added to it.
  readonly #runs = new Map<string, number>();

  add(runId: string): void {
    const now = performance.now();
    for (const [known, at] of this.#runs) {
      if (at > now - keptFor) break;
      this.#runs.delete(known);
    }
    this.#runs.set(runId, now);
  }

  has(runId: string): boolean {
    return this.#runs.has(runId);
  }
}
