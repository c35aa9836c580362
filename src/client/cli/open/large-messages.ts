import type { DataConverter } from '@temporalio/common';
import type { Config } from '../../../config.ts';
import { createDataConverter } from '../../../storage/large-messages/data-converter.ts';
import { openLargeMessages } from '../../../storage/large-messages/open-container.ts';
import { storageLocation } from './storage.ts';

/** Keeps what is too large for a history beside the backups. Clients and workers of the same workflows all need it. */
export function largeMessages(config: Config, embedded?: string): DataConverter {
  return createDataConverter({ container: openLargeMessages(storageLocation(config, embedded), config.http.taskHub) });
}
