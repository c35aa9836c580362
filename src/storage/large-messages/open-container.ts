import type { ContainerClient, StoragePipelineOptions } from '@azure/storage-blob';
import { openAccount, type StorageLocation } from '../open-blob-store.ts';
import { largeMessagesContainer } from './data-converter.ts';

// The driver tries again itself, within the seconds that a workflow task may take.
const pipeline: StoragePipelineOptions = { retryOptions: { maxTries: 1 } };

/** Opens a task hub's container of large messages; nothing is sent yet. Throws an `ExpectedError` when a setting is wrong. */
export function openLargeMessages(location: StorageLocation, taskHub: string): ContainerClient {
  return openAccount(location, pipeline).getContainerClient(largeMessagesContainer(taskHub));
}
