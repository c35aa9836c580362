import type { BlobStore } from '../blob-store.ts';
import type { RateLimit } from './rate-limit.ts';

/** The same store, whose callers wait for their share of a limit before content is sent. */
export function withUploadLimit(store: BlobStore, limit: RateLimit): BlobStore {
  return {
    container: store.container,
    url: store.url,
    async put(name, body, options) {
      await limit.take(body.length, options.signal);
      return store.put(name, body, options);
    },
    async stageBlock(name, blockId, body, signal, md5) {
      await limit.take(body.length, signal);
      return store.stageBlock(name, blockId, body, signal, md5);
    },
    ensureContainer: (...args) => store.ensureContainer(...args),
    stagedBlocks: (...args) => store.stagedBlocks(...args),
    commitBlocks: (...args) => store.commitBlocks(...args),
    properties: (...args) => store.properties(...args),
    read: (...args) => store.read(...args),
    delete: (...args) => store.delete(...args),
    list: (...args) => store.list(...args),
    listVersions: (...args) => store.listVersions(...args),
    listFolders: (...args) => store.listFolders(...args),
    snapshot: (...args) => store.snapshot(...args),
  };
}
