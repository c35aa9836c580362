import type { ContainerClient } from '@azure/storage-blob';
import { ExternalStorage, ValueError, type DataConverter } from '@temporalio/common';
import { AzureBlobStorageDriver } from './azure-blob-storage-driver.ts';

/** Payloads of this size and more go to the container: what Durable Functions allows in a message. Bytes. */
const largeMessageThreshold = 45 * 1024;

/**
 * The data converter for client, worker and replay alike: payloads from 45 KiB on are kept in `container`. All who work with the same
 * workflows need it, or they meet references that they cannot resolve (`ExternalStorageNotConfiguredError`).
 */
export function createDataConverter({ container }: { readonly container: ContainerClient }): DataConverter {
  const drivers = [new AzureBlobStorageDriver({ container })];
  return { externalStorage: new ExternalStorage({ drivers, payloadSizeThreshold: largeMessageThreshold }) };
}

/**
 * Names a task hub's container as Durable Functions does: `<taskhub>-largemessages` in lower case.
 * Throws a `ValueError` when Azure would not take it: 3 to 63 letters, digits and single hyphens.
 */
export function largeMessagesContainer(taskHub: string): string {
  const name = `${taskHub}-largemessages`.toLowerCase();
  if (name.length <= 63 && /^[a-z0-9]+(?:-[a-z0-9]+)*$/u.test(name)) return name;
  throw new ValueError(
    `the task hub ${JSON.stringify(taskHub)} gives no container name: it must be at most 49 letters, digits and single hyphens`,
  );
}
