/** Those who wait for something, in the order of asking. */
export interface WaitingLine<T> {
  /** What the first in line asked for; undefined when nobody waits. */
  readonly first: T | undefined;
  /** Waits until it is let in. Throws the signal's reason when that aborts first, and then leaves the line. */
  wait(asked: T, signal: AbortSignal): Promise<void>;
  /** Lets the first in line go on. */
  letIn(): void;
}

interface Waiting<T> {
  readonly asked: T;
  readonly goOn: () => void;
}

/** `onLeft` is called after somebody gave up waiting: those behind may not have to wait any longer. */
export function createWaitingLine<T>(onLeft: () => void): WaitingLine<T> {
  const line = new Set<Waiting<T>>();
  const first = () => line.values().next().value;

  return {
    get first() {
      return first()?.asked;
    },
    wait: async (asked, signal) => {
      signal.throwIfAborted();
      await new Promise<void>((resolve, reject) => {
        const leave = () => {
          line.delete(waiting);
          reject(signal.reason as Error);
          onLeft();
        };
        const goOn = () => {
          signal.removeEventListener('abort', leave);
          resolve();
        };
        const waiting = { asked, goOn };
        signal.addEventListener('abort', leave, { once: true });
        line.add(waiting);
      });
    },
    letIn() {
      const next = first();
      if (!next) return;
      line.delete(next);
      next.goOn();
    },
  };
}
