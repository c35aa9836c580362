import type { EncodedPath } from '../../contracts/encoded-path.ts';
import type { PageEntry } from '../../contracts/manifest.ts';

/** What of a walk is listed, and when. */
export interface Wanted {
  /** Whether a directory is there for what is in it alone. */
  readonly isOnlyAWay: (path: EncodedPath) => boolean;
  /** How much was left out so far. */
  readonly seen: () => number;
  /** Is told how much of that was before the entry that comes next, or in all at the end. */
  readonly show: (leftOut: number) => void;
}

/** The entries without the directories that are only a way to nothing: each of them waits for the first entry in it. */
export async function* wantedFolders(
  entries: AsyncIterable<PageEntry>,
  { isOnlyAWay, seen, show }: Wanted,
): AsyncGenerator<PageEntry, void> {
  let waiting: { readonly folder: PageEntry; readonly before: number }[] = [];
  for await (const entry of entries) {
    waiting = waiting.filter(({ folder }) => entry.path.startsWith(`${folder.path}/`));
    if (entry.kind === 'directory' && entry.error === undefined && isOnlyAWay(entry.path)) {
      waiting.push({ folder: entry, before: seen() });
      continue;
    }
    const now = seen();
    for (const { folder, before } of waiting.splice(0)) {
      show(before);
      yield folder;
    }
    show(now);
    yield entry;
  }
  show(seen());
}
