import { comparePaths } from '../../contracts/encoded-path.ts';
import type { BlobVersion } from '../../storage/blob-store.ts';

/** A listing, walked along with something else that is in the order of blob names. */
export interface ListedBlobs {
  /** All versions of a blob; empty when the listing has none. The names asked for ascend. */
  readonly versionsOf: (name: string) => Promise<readonly BlobVersion[]>;
  /** Walks to the end. */
  readonly rest: () => Promise<void>;
}

/** Walks `source`, where the versions of a name stand together, and hands on the last version of each name nobody asked for. */
export function createListedBlobs(
  source: AsyncIterable<BlobVersion>,
  onOther: (blob: BlobVersion) => Promise<void>,
): ListedBlobs {
  const versions = source[Symbol.asyncIterator]();
  let ahead: Promise<IteratorResult<BlobVersion>> | undefined;
  const peek = async () => {
    const { value, done } = await (ahead ??= versions.next());
    return done === true ? undefined : value;
  };

  const take = async (name: string) => {
    const taken: BlobVersion[] = [];
    for (let next = await peek(); next?.name === name; next = await peek()) {
      taken.push(next);
      ahead = undefined;
    }
    return taken;
  };

  const passOver = async (until?: string) => {
    for (let next = await peek(); next; next = await peek()) {
      if (until !== undefined && comparePaths(next.name, until) >= 0) return;
      await onOther((await take(next.name)).at(-1) ?? next);
    }
  };

  return {
    versionsOf: async (name) => {
      await passOver(name);
      return take(name);
    },
    rest: () => passOver(),
  };
}
