import type { EncodedPath } from '../../contracts/encoded-path.ts';
import { entryKey, holdsContent, type EntryKind, type ManifestEntry } from '../../contracts/manifest.ts';
import { followEntries } from '../paged/follow-entries.ts';

/** What a run found at a path, or would find. */
interface Present {
  readonly path: EncodedPath;
  readonly kind: EntryKind;
  readonly outcome?: ManifestEntry['outcome'];
  readonly error?: string;
}

/**
 * The entries of a run as they come, and, once they have all come, how many files are lost: those that an earlier run holds and of which
 * this one has nothing. What it could not read is not lost: that it failed is told already. Both are in the order of {@link entryKey}.
 */
export function watchLoss<P extends Present>(
  before: AsyncGenerator<ManifestEntry>,
  present: AsyncIterable<P>,
): { readonly entries: AsyncGenerator<P, undefined>; readonly lost: () => number } {
  let lost = 0;
  let unread: string | undefined;
  const onPassed = (entry: ManifestEntry) => {
    if (holdsContent(entry) && (unread === undefined || !entry.path.startsWith(unread))) lost += 1;
  };
  const follow = async function* (): AsyncGenerator<P, undefined> {
    const earlier = followEntries(before, onPassed);
    try {
      for await (const entry of present) {
        const key = entryKey(entry);
        const its = await earlier.at(key);
        if (its && !isThere(entry)) onPassed(its);
        if (entry.kind === 'directory' && hasFailed(entry)) unread = key;
        yield entry;
      }
      await earlier.end();
    } finally {
      await earlier.close();
    }
    return undefined;
  };
  return { entries: follow(), lost: () => lost };
}

// A file that vanished after it was listed was skipped.
function isThere({ kind, outcome }: Present): boolean {
  return kind === 'file' && outcome !== 'skipped';
}

function hasFailed({ outcome, error }: Present): boolean {
  return outcome === 'failed' || error !== undefined;
}
