import { comparePaths } from '../../contracts/encoded-path.ts';
import { entryKey } from '../../contracts/manifest.ts';
import type { Row } from './shard.ts';

/** Entries in the order of {@link entryKey}, asked for by ascending keys; those in between are passed over and not kept. */
export interface EntryFollower<E> {
  /** Undefined when there is none with this key. */
  at(key: string): Promise<E | undefined>;
  /** Passes over all that is left. */
  end(): Promise<void>;
  /** Lets the source release what it holds. */
  close(): Promise<void>;
}

/** `onPassed` is told each entry that was passed over without having been asked for. */
export function followEntries<E extends Row>(
  source: AsyncGenerator<E>,
  onPassed?: (entry: E) => void,
): EntryFollower<E> {
  let present: IteratorResult<E> | undefined;
  let met: E | undefined;
  const passOver = (entry: E) => {
    if (entry !== met) onPassed?.(entry);
  };
  return {
    async at(key) {
      for (;;) {
        present ??= await source.next();
        if (present.done === true) return undefined;
        const { value } = present;
        const order = comparePaths(entryKey(value), key);
        if (order === 0) met = value;
        if (order >= 0) return met === value ? value : undefined;
        passOver(value);
        present = undefined;
      }
    },
    async end() {
      for (; present?.done !== true; present = await source.next()) if (present) passOver(present.value);
    },
    close: async () => void (await source.return(undefined)),
  };
}
