import { hash } from 'node:crypto';
import type { EncodedPath } from '../../../contracts/encoded-path.ts';
import { isBlobStoreError, type BlobStore } from '../../../storage/blob-store.ts';
import type { JobLayout } from '../../../storage/run-layout.ts';

/** A directory of the target that a restore opened up, and the permissions that it had before. */
export interface OpenedDirectory {
  readonly path: EncodedPath;
  readonly mode: number;
}

/** What a restore has opened up so far, in storage, so that it is put back also when the worker that did it has died. */
export interface OpenedDirectories {
  /** Writes one down before it is opened up; what was written down of it before stays. */
  readonly note: (directory: OpenedDirectory) => Promise<void>;
  readonly list: () => Promise<OpenedDirectory[]>;
  /** Forgets one that has been put back. */
  readonly forget: (path: EncodedPath) => Promise<void>;
}

export function createOpenedDirectories(
  store: BlobStore,
  { opened }: JobLayout,
  signal: AbortSignal,
): OpenedDirectories {
  // A path can be longer than a blob's name.
  const blobOf = (path: EncodedPath) => `${opened}${hash('sha256', path)}.json`;
  return {
    note: async (directory) => {
      const precondition = { absent: true } as const;
      const body = Buffer.from(`${JSON.stringify(directory)}\n`);
      try {
        await store.put(blobOf(directory.path), body, { signal, precondition, contentType: 'application/json' });
      } catch (error) {
        if (!isBlobStoreError(error, 'precondition-failed')) throw error;
      }
    },
    list: async () => {
      const found: OpenedDirectory[] = [];
      for await (const { name } of store.list(opened, signal)) {
        found.push(JSON.parse((await store.read(name, { from: 0 }, signal)).toString()) as OpenedDirectory);
      }
      return found;
    },
    forget: async (path) => {
      const found = await store.properties(blobOf(path), signal);
      if (found) await store.delete(found, signal);
    },
  };
}
