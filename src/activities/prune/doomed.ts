import { readRecord, writeRecord } from '../../history/records/own-record.ts';
import type { PruneTally } from '../../contracts/prune.ts';
import type { BlobProperties, BlobStore, BlobVersion } from '../../storage/blob-store.ts';
import { toCheckedLines } from '../../storage/ndjson.ts';

/** A line of a page: one blob, or one snapshot, that is to be deleted if it is still what it was. */
export interface Doomed extends Pick<BlobVersion, 'name' | 'etag' | 'size' | 'snapshot'> {
  /** Whether a job wrote it for itself; otherwise it is a file's. */
  readonly own?: true;
}

export function doomed({ name, etag, size, snapshot }: BlobVersion, own = false): Doomed {
  return { name, etag, size, ...(snapshot !== undefined && { snapshot }), ...(own && { own }) };
}

/** What deleting it adds to the tally. */
export function tallyOfDoomed({ own, size }: Doomed): Partial<PruneTally> {
  return own ? { data: 1, dataBytes: size } : { deleted: 1, deletedBytes: size };
}

/** Pages of what is to be deleted. */
export interface DoomedPages {
  readonly add: (items: readonly Doomed[]) => Promise<void>;
  /** Writes down what is left and returns how many pages there are. */
  readonly end: () => Promise<number>;
}

/** An attempt after the first writes them once more. */
export function createDoomedPages(
  { store, signal }: { readonly store: BlobStore; readonly signal: AbortSignal },
  { pageEntries, blobOf }: { readonly pageEntries: number; readonly blobOf: (page: number) => string },
): DoomedPages {
  let rows: Doomed[] = [];
  let written = 0;
  const write = async () => {
    const page = rows;
    rows = [];
    await writeRecord(store, blobOf(written), toCheckedLines(page), { signal });
    written += 1;
  };
  return {
    add: async (items) => {
      rows.push(...items);
      if (rows.length >= pageEntries) await write();
    },
    end: async () => {
      if (rows.length > 0) await write();
      return written;
    },
  };
}

/** The lines of a page, those of one blob together, in the order in which they have to be deleted. */
export async function readDoomed(store: BlobStore, blob: string, signal: AbortSignal): Promise<Doomed[][]> {
  const { rows } = await readRecord<Doomed>(store, blob, 'name', signal);
  const groups: Doomed[][] = [];
  for (const line of rows) {
    const last = groups.at(-1);
    if (last?.[0]?.name === line.name) last.push(line);
    else groups.push([line]);
  }
  return groups;
}

/** Blobs that a job wrote for itself. */
export function doomedData(blob: BlobProperties): Doomed {
  return doomed(blob, true);
}
