interface Reads<T> {
  readonly underWay: Promise<T>;
  next?: Promise<T>;
}

/**
 * Shares reads among those who ask for the same at the same time. Nobody gets what was read before they asked: who asks while a read
 * is under way waits for the next one, together with all others who do.
 */
export class SharedReads<T> {
  readonly #reads = new Map<string, Reads<T>>();

  /** `key` says what is read. Rejects as `read` does, for all who share it. */
  get(key: string, read: () => Promise<T>): Promise<T> {
    const known = this.#reads.get(key);
    if (!known) return this.#begin(key, read);
    const begin = () => this.#begin(key, read);
    return (known.next ??= known.underWay.then(begin, begin));
  }

  #begin(key: string, read: () => Promise<T>): Promise<T> {
    const reads: Reads<T> = { underWay: read() };
    this.#reads.set(key, reads);
    const forget = () => {
      if (reads.next === undefined) this.#reads.delete(key);
    };
    reads.underWay.then(forget, forget);
    return reads.underWay;
  }
}
