import { systemFolder } from '../shared/blob-name.ts';

/**
 * Where a run keeps its own data, below the folder of its prefix: the manifest for good, and pages and outcomes while it runs, those
 * of each later round in a folder of their own.
 */
export function runLayout(run: { readonly prefix: string; readonly id: string; readonly round?: number }) {
  const folder = `${systemFolder}/${prefixFolder(run.prefix)}/runs/${run.id}`;
  const round = run.round === undefined ? folder : `${folder}/rounds/${ordinal(run.round)}`;
  return {
    /** Written last; a run without it is incomplete. */
    manifest: `${folder}/manifest.json`,
    /** Blobs whose names sort in page order. */
    shards: `${folder}/manifest/`,
    shard: (page: number) => `${folder}/manifest/${ordinal(page)}.ndjson.gz`,
    page: (page: number) => `${round}/pages/${ordinal(page)}.ndjson`,
    outcomes: (page: number) => `${round}/outcomes/${ordinal(page)}/`,
    outcome: (page: number, copy: number) => `${round}/outcomes/${ordinal(page)}/${ordinal(copy)}.ndjson`,
  };
}

// A prefix is a path of folders; as one segment it cannot run into another prefix's data. `@`, which encoding never leaves, stands for none.
function prefixFolder(prefix: string): string {
  return prefix === '' ? '@' : encodeURIComponent(prefix.replace(/\/$/u, ''));
}

function ordinal(n: number): string {
  return String(n).padStart(8, '0');
}
