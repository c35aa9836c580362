import { comparePaths } from '../shared/encoded-path.ts';
import { entryKey } from '../shared/manifest.ts';
import type { Row } from './shard.ts';

/** Entries in the order of {@link entryKey}, asked for by ascending keys; those in between are passed over and not kept. */
export interface EntryFollower<E> {
  /** Undefined when there is none with this key. */
  at(key: string): Promise<E | undefined>;
  /** Lets the source release what it holds. */
  close(): Promise<void>;
}

export function followEntries<E extends Row>(source: AsyncGenerator<E>): EntryFollower<E> {
  let present: IteratorResult<E> | undefined;
  return {
    async at(key) {
      for (;;) {
        present ??= await source.next();
        if (present.done === true) return undefined;
        const { value } = present;
        const order = comparePaths(entryKey(value), key);
        if (order >= 0) return order === 0 ? value : undefined;
        present = undefined;
      }
    },
    close: async () => void (await source.return(undefined)),
  };
}
