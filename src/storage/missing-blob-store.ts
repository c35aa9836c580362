import { BlobStoreError, type BlobStore } from './blob-store.ts';

/** A container that nobody has made yet, at a place where nothing is to be made either: for those who only read. */
export function missingBlobStore(url: string, container: string): BlobStore {
  const missing = () => new BlobStoreError('not-found', `There is no container ${container} in ${url}`);
  const fail = () => Promise.reject(missing());
  // oxlint-disable-next-line require-yield -- it fails before there is anything to yield
  async function* failing(): AsyncGenerator<never, undefined> {
    throw missing();
  }
  return {
    container,
    url,
    ensureContainer: fail,
    put: fail,
    stageBlock: fail,
    stagedBlocks: () => Promise.resolve(new Map()),
    commitBlocks: fail,
    properties: () => Promise.resolve(undefined),
    read: fail,
    list: failing,
    listVersions: failing,
    listFolders: failing,
    snapshot: fail,
    delete: fail,
  };
}
