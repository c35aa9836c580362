import { createWaitingLine } from '../../lib/waiting-line.ts';
import type { BlobStore } from '../blob-store.ts';

const second = 1000;
// A timer that is set for longer fires at once; whoever it wakes too early goes on waiting.
const longestTimer = 2 ** 31 - 1;

/** A limit on bytes per second, shared by all who hold it. */
export interface RateLimit {
  /**
   * Waits, in the order of asking, until everything that was let through before is paid for by the time that has passed. Throws the
   * signal's reason when that aborts first, and then nothing is charged.
   */
  take(bytes: number, signal: AbortSignal): Promise<void>;
  /** Charges without waiting: who comes after waits for these too. */
  charge(bytes: number): void;
}

/** Milliseconds, from wherever they count. */
export interface Clock {
  now(): number;
  /** Calls back once, about so many milliseconds later, unless the returned function is called before. */
  after(milliseconds: number, callBack: () => void): () => void;
}

const systemClock: Clock = {
  now: () => performance.now(),
  after: (milliseconds, callBack) => {
    const timer = setTimeout(callBack, milliseconds);
    return () => clearTimeout(timer);
  },
};

/**
 * A token bucket that holds what one second brings and may be overdrawn: what is larger than that goes as a whole, and the next waits
 * until it is paid for. It starts empty, so that no more than the limit and one body go out from then to any moment; between two other
 * moments it may be a second's worth more. `limiter` has a bucket that counts bytes in order too, but nobody can give up waiting for
 * it, and what is larger than the bucket is an error.
 */
export function createRateLimit(bytesPerSecond: number, clock: Clock = systemClock): RateLimit {
  /** When all that went out is paid for; what lies further back than the present is saved. */
  let paidAt = clock.now();
  let cancelTimer: (() => void) | undefined;

  const charge = (bytes: number) => {
    paidAt = Math.max(paidAt, clock.now() - second) + (bytes / bytesPerSecond) * second;
  };
  const left = () => paidAt - clock.now();

  const serve = () => {
    cancelTimer?.();
    cancelTimer = undefined;
    for (let bytes = line.first; bytes !== undefined; bytes = line.first) {
      const wait = left();
      if (wait > 0) {
        cancelTimer = clock.after(Math.min(Math.ceil(wait), longestTimer), serve);
        return;
      }
      charge(bytes);
      line.letIn();
    }
  };
  const line = createWaitingLine<number>(serve);

  return {
    charge,
    async take(bytes, signal) {
      signal.throwIfAborted();
      if (line.first === undefined && left() <= 0) return charge(bytes);
      const waiting = line.wait(bytes, signal);
      if (!cancelTimer) serve();
      return waiting;
    },
  };
}

/** The same store, whose callers wait for their share of a limit before content is sent. */
export function withUploadLimit(store: BlobStore, limit: RateLimit): BlobStore {
  return {
    container: store.container,
    url: store.url,
    async put(name, body, options) {
      await limit.take(body.length, options.signal);
      return store.put(name, body, options);
    },
    async stageBlock(name, blockId, body, signal, md5) {
      await limit.take(body.length, signal);
      return store.stageBlock(name, blockId, body, signal, md5);
    },
    ensureContainer: (...args) => store.ensureContainer(...args),
    stagedBlocks: (...args) => store.stagedBlocks(...args),
    commitBlocks: (...args) => store.commitBlocks(...args),
    properties: (...args) => store.properties(...args),
    read: (...args) => store.read(...args),
    delete: (...args) => store.delete(...args),
    list: (...args) => store.list(...args),
    listVersions: (...args) => store.listVersions(...args),
    listFolders: (...args) => store.listFolders(...args),
    snapshot: (...args) => store.snapshot(...args),
  };
}
