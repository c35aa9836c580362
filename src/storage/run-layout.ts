import { systemFolder } from '../shared/blob-name.ts';

/** Where a run keeps its own data, below the folder of its prefix: pages and outcomes while it runs, the manifest for good. */
export function runLayout(run: { readonly prefix: string; readonly id: string }) {
  const folder = `${systemFolder}/${prefixFolder(run.prefix)}/runs/${run.id}`;
  return {
    /** Written last; a run without it is incomplete. */
    manifest: `${folder}/manifest.json`,
    /** Blobs whose names sort in page order. */
    shards: `${folder}/manifest/`,
    shard: (page: number) => `${folder}/manifest/${ordinal(page)}.ndjson.gz`,
    page: (page: number) => `${folder}/pages/${ordinal(page)}.ndjson`,
    outcomes: (page: number) => `${folder}/outcomes/${ordinal(page)}/`,
    outcome: (page: number, copy: number) => `${folder}/outcomes/${ordinal(page)}/${ordinal(copy)}.ndjson`,
  };
}

// A prefix is a path of folders; as one segment it cannot run into another prefix's data. `@`, which encoding never leaves, stands for none.
function prefixFolder(prefix: string): string {
  return prefix === '' ? '@' : encodeURIComponent(prefix.replace(/\/$/u, ''));
}

function ordinal(n: number): string {
  return String(n).padStart(8, '0');
}
