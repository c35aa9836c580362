import { explainStorage, storageUnavailable } from '../../../history/views/storage-failure.ts';
import type { Config } from '../../../config.ts';
import { ExpectedError } from '../../../contracts/failures.ts';
import { isBlobStoreError, type BlobStore } from '../../../storage/blob-store.ts';
import { openBlobStore, type StorageLocation } from '../../../storage/open-blob-store.ts';
import type { RequestObserver } from '../../../storage/observe-requests.ts';
import { createRateLimit } from '../../../storage/pace/rate-limit.ts';
import { Backups } from '../../../history/views/backups.ts';
import { mayHoldBlobs } from '../../../embedded/data-dir.ts';
import { missingBlobStore } from '../../../storage/missing-blob-store.ts';
import { traceRequests } from '../../../telemetry/trace-requests.ts';

const answerWithin = 8000;

/**
 * Opens the container that the configuration names, or the one in `embedded`, and makes sure that it can be used: better now than
 * in the middle of a run. A process opens it once, for all uploads share its limit. Throws an {@link ExpectedError} that names the
 * address.
 */
export async function openStorage(config: Config, embedded?: string, counter?: RequestObserver): Promise<BlobStore> {
  const { uploadLimit } = config.worker;
  const uploads = uploadLimit === undefined ? undefined : createRateLimit(uploadLimit);
  const store = openBlobStore(storageLocation(config, embedded), config.container, {
    uploads,
    observer: requestObserver(config, counter),
  });
  try {
    await store.ensureContainer(AbortSignal.timeout(answerWithin));
  } catch (error) {
    throw isBlobStoreError(error, 'refused') ? explainStorage(error, store.url) : storageUnavailable(store.url, error);
  }
  return store;
}

/**
 * What is in the storage account that the configuration or `embedded` names; nothing is sent yet. Throws an {@link ExpectedError} when
 * neither names one.
 */
export function openBackups(config: Config, embedded?: string, counter?: RequestObserver): Backups {
  const observer = requestObserver(config, counter);
  const store = openBlobStore(storageLocation(config, embedded), config.container, { observer });
  return new Backups({ store, prefix: config.prefix, place: embedded && config.embedded.dataDir });
}

/** That there are none, where the embedded storage would hold them and nothing was ever stored there; else undefined. */
export function openNothing({ storage, embedded: { dataDir }, container, prefix }: Config): Backups | undefined {
  if (storage || mayHoldBlobs(dataDir)) return undefined;
  return new Backups({ store: missingBlobStore(dataDir, container), prefix });
}

/** The account that the environment names, or the embedded one. Throws an {@link ExpectedError} when there is neither. */
export function storageLocation(config: Config, embedded: string | undefined): StorageLocation {
  if (embedded !== undefined) return { connectionString: embedded };
  const { storage } = config;
  if (storage === undefined) {
    throw new ExpectedError(
      'InvalidConfiguration',
      'No storage account is named: set AZURE_STORAGE_CONNECTION_STRING, or AZURE_STORAGE_ACCOUNT to use the identity of this environment',
    );
  }
  return 'account' in storage ? storage : { connectionString: storage.connectionString.reveal() };
}

/** Who is told of requests to storage: what counts them, what traces them, both or nobody, which costs nothing. */
function requestObserver(config: Config, counter?: RequestObserver): RequestObserver | undefined {
  if (!config.tracing) return counter;
  if (!counter) return traceRequests;
  return (begin) => {
    const ends = [counter(begin), traceRequests(begin)];
    return (end) => ends.forEach((tell) => tell(end));
  };
}
