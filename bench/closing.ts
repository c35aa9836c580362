import { messageOf } from '../src/lib/message-of.ts';
import { BenchError } from './bench-error.ts';

/** Keeps what is open, so that it is closed whichever way a bench ends: at its end, by an error or by a signal. */
export interface Closing {
  /** Closed before all that was added earlier. Returns the function that takes it back. */
  readonly add: (close: () => unknown) => () => void;
  /** Opens something; it is closed also when the bench ends meanwhile. */
  readonly open: <T>(begin: () => Promise<T>, close: (opened: T) => unknown) => Promise<T>;
  /** Throws once closing has begun: the work that is given up shall start nothing more. */
  readonly throwIfClosing: () => void;
  /** Closes everything in turn. What fails at that is reported and holds up nothing. */
  readonly closeAll: () => Promise<void>;
}

export function createClosing(): Closing {
  const open = new Set<() => unknown>();
  let isClosing = false;
  const throwIfClosing = () => {
    if (isClosing) throw new BenchError('The bench is being closed.');
  };
  const add = (close: () => unknown) => {
    open.add(close);
    return () => void open.delete(close);
  };
  return {
    add,
    throwIfClosing,
    open: async (begin, close) => {
      throwIfClosing();
      const opening = begin();
      add(() => opening.then(close, () => undefined));
      return opening;
    },
    closeAll: async () => {
      isClosing = true;
      for (let last = [...open].at(-1); last !== undefined; last = [...open].at(-1)) {
        open.delete(last);
        try {
          await last();
        } catch (error) {
          console.error(`while closing: ${messageOf(error)}`);
        }
      }
    },
  };
}
