/** What a process knows of the one that keeps it running. */
export interface Supervised {
  /** Resolves when that one is gone: nobody would stop this one any more. */
  readonly abandoned: Promise<void>;
  readonly ready: () => void;
  /** Lets go of it, so that this process can end. */
  readonly release: () => void;
}

/** For a process that was forked. */
export function supervised(): Supervised {
  return {
    abandoned: new Promise((resolve) => {
      if (!process.connected) resolve();
      process.once('disconnect', resolve);
    }),
    // Whoever is gone meanwhile need not be told.
    ready: () => void process.send?.('ready', undefined, undefined, () => undefined),
    release: () => {
      if (process.connected) process.disconnect();
    },
  };
}
