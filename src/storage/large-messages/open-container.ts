import { DefaultAzureCredential } from '@azure/identity';
import { BlobServiceClient, type ContainerClient, type StoragePipelineOptions } from '@azure/storage-blob';
import { ExpectedError } from '../../shared/failures.ts';
import type { StorageLocation } from '../open-blob-store.ts';
import { largeMessagesContainer } from './data-converter.ts';

// The driver tries again itself, within the seconds that a workflow task may take.
const pipeline: StoragePipelineOptions = { retryOptions: { maxTries: 1 } };

/** Opens a task hub's container of large messages; nothing is sent yet. Throws an {@link ExpectedError} when a setting is wrong. */
export function openLargeMessages(location: StorageLocation, taskHub: string): ContainerClient {
  try {
    return serviceClient(location).getContainerClient(largeMessagesContainer(taskHub));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ExpectedError('InvalidConfiguration', `The large messages cannot be opened: ${reason}`, { cause: error });
  }
}

function serviceClient(location: StorageLocation): BlobServiceClient {
  if ('connectionString' in location) {
    return BlobServiceClient.fromConnectionString(location.connectionString, pipeline);
  }
  const url = `https://${location.account}.blob.core.windows.net`;
  return new BlobServiceClient(url, new DefaultAzureCredential(), pipeline);
}
