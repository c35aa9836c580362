import { BlobStoreError } from './blob-store.ts';

// Azure takes a backslash for a slash and drops a final dot; whoever parses a URL resolves dot segments, out of the container even.
const rewritten = /\\|\.$|(?:^|\/)\.{1,2}(?:\/|$)/u;

/** A blob's name as it stands in a URL. Throws a {@link BlobStoreError} when it would be stored under another name. */
export function pathOf(name: string): string {
  if (name === '' || !name.isWellFormed() || rewritten.test(name))
    throw new BlobStoreError('refused', `the blob name ${JSON.stringify(name)} would be stored under another name`);
  return name.split('/').map(encodeURIComponent).join('/');
}
