import { randomUUID } from 'node:crypto';
import type { LeftOutRow } from '../../contracts/manifest.ts';
import type { BlobStore } from '../../storage/blob-store.ts';
import type { JobLayout } from '../../storage/run-layout.ts';
import { writeShard } from '../paged/shard.ts';
import type { LeftOut } from '../../files/walk/scope.ts';

const mostInOne = 10_000;

/** Writes down what a listing leaves out. */
export interface LeftOutRecord {
  readonly add: (leftOut: LeftOut) => void | Promise<void>;
  /** Writes what is not written yet; to be called before the page that was listed is there. */
  readonly flush: () => Promise<void>;
}

/**
 * Keeps what a listing leaves out, so that a mirror of the run knows what not to delete. Each attempt has blobs of its own: which of them a
 * page is of in the end cannot be told, and one path too many is only one that stays. What `include` leaves out is told by the filters,
 * and would be most of a tree.
 */
export function createLeftOutRecord(
  store: BlobStore,
  { leftOut: folder }: JobLayout,
  page: number,
  signal: AbortSignal,
): LeftOutRecord {
  const attempt = randomUUID().slice(0, 8);
  let rows: LeftOutRow[] = [];
  let written = 0;
  const flush = async () => {
    if (rows.length === 0) return;
    const part = rows;
    rows = [];
    const name = `${folder}${String(page).padStart(8, '0')}-${attempt}-${written}.ndjson.gz`;
    written += 1;
    await writeShard(store, name, part, {}, signal);
  };
  return {
    add: ({ path, isDirectory, why }) => {
      if (why.by === 'include') return undefined;
      rows.push({ path, kind: isDirectory ? 'directory' : 'other', why });
      return rows.length < mostInOne ? undefined : flush();
    },
    flush,
  };
}
