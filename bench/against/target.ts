import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { BlobServiceClient, ContainerSASPermissions, RestError } from '@azure/storage-blob';
import { openAzurite } from '../servers.ts';

/** The storage account that all tools write to. */
export interface Target {
  readonly connectionString: string;
  /** Of the connection string. */
  readonly account: string;
  readonly key: string;
  readonly endpoint: string;
  /** Makes a container empty, or new. */
  readonly empty: (container: string) => Promise<void>;
  readonly remove: (container: string) => Promise<void>;
  /** The URL of a container or a folder in it, good for a day. */
  readonly sasUrl: (container: string, folder: string) => Promise<string>;
  readonly close: () => Promise<void>;
}

/** The account named by a connection string with a key, or an embedded Azurite. */
export async function openTarget(directory: string, given?: string): Promise<Target> {
  const azurite = given === undefined ? await openAzurite(join(directory, 'azurite')) : undefined;
  const connectionString = given ?? azurite?.connectionString ?? '';
  const service = BlobServiceClient.fromConnectionString(connectionString);
  const remove = async (container: string) => void (await service.getContainerClient(container).deleteIfExists());
  return {
    connectionString,
    account: service.accountName,
    key: /(?:^|;)AccountKey=([^;]+)/u.exec(connectionString)?.[1] ?? '',
    endpoint: service.url.replace(/\/$/u, ''),
    empty: async (container) => {
      await remove(container);
      await create(service, container);
    },
    remove,
    sasUrl: async (container, folder) => {
      const permissions = ContainerSASPermissions.parse('racwdl');
      const expiresOn = new Date(Date.now() + 24 * 60 * 60 * 1000);
      const url = new URL(await service.getContainerClient(container).generateSasUrl({ permissions, expiresOn }));
      url.pathname += `/${folder}`;
      return url.href;
    },
    close: async () => {
      await azurite?.close();
    },
  };
}

// Azure takes half a minute or more to forget a container.
async function create(service: BlobServiceClient, container: string): Promise<void> {
  for (;;) {
    try {
      await service.getContainerClient(container).create();
      return;
    } catch (error) {
      if (!(error instanceof RestError) || error.code !== 'ContainerBeingDeleted') throw error;
      await sleep(1000);
    }
  }
}
