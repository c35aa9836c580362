import { isBlobStoreError, type BlobStore } from '../../storage/blob-store.ts';

/** What a mark says of a run; `at` in ISO 8601. */
export interface Mark {
  readonly run: string;
  readonly at: string;
  readonly reason?: string;
}

/** Marks a run by a blob, for all to see from then on; one that is there stays as it is. A listing tells the time too. */
export async function putMark(store: BlobStore, name: string, mark: Mark, signal: AbortSignal): Promise<void> {
  const body = Buffer.from(`${JSON.stringify({ format: 1, ...mark })}\n`);
  const options = {
    signal,
    precondition: { absent: true },
    contentType: 'application/json',
    metadata: { at: mark.at },
  } as const;
  try {
    await store.put(name, body, options);
  } catch (error) {
    if (!isBlobStoreError(error, 'precondition-failed')) throw error;
  }
}

/** When it was put there; undefined when it is not there. */
export async function markedAt(store: BlobStore, name: string, signal: AbortSignal): Promise<string | undefined> {
  const mark = await store.properties(name, signal);
  return mark && timeOf(mark);
}

/** The time that a mark's blob tells. */
export function timeOf({ metadata }: { readonly metadata: Readonly<Record<string, string>> }): string {
  return metadata['at'] ?? 'an unknown time';
}
