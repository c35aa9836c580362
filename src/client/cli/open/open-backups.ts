import { Backups } from '../../../history/views/backups.ts';
import type { Config } from '../../../config.ts';
import { mayHoldBlobs } from '../../../embedded/data-dir.ts';
import { missingBlobStore } from '../../../storage/missing-blob-store.ts';
import { openBlobStore } from '../../../storage/open-blob-store.ts';
import type { RequestObserver } from '../../../storage/observe-requests.ts';
import { requestObserver } from '../serve/observer.ts';
import { storageLocation } from './storage.ts';

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
