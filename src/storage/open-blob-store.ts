import type { TokenCredential } from '@azure/identity';
import { BlobServiceClient, type StoragePipelineOptions } from '@azure/storage-blob';
import { ExpectedError } from '../contracts/failures.ts';
import { notSignedIn } from './access-refused.ts';
import { AzureBlobStore, type AzureBlobStoreOptions } from './azure-blob-store.ts';
import type { BlobStore } from './blob-store.ts';

// Temporal retries a failed activity for minutes, with its own backoff; the store absorbs a dropped connection, and keeps to what a
// busy service bears, of which the SDK knows nothing.
const pipeline: StoragePipelineOptions = { retryOptions: { maxTries: 1 } };

/** A storage account: by connection string, or by name with the identity that the environment offers (managed identity, CLI login…). */
export type StorageLocation = { readonly connectionString: string } | { readonly account: string };

/** Opens one container; nothing is sent yet. Throws an {@link ExpectedError} when the connection string cannot be read. */
export function openBlobStore(
  location: StorageLocation,
  container: string,
  options?: AzureBlobStoreOptions,
): BlobStore {
  return new AzureBlobStore(openAccount(location, pipeline).getContainerClient(container), options);
}

/** Opens the account; nothing is sent yet. Throws an {@link ExpectedError} when the connection string cannot be read. */
export function openAccount(location: StorageLocation, pipeline: StoragePipelineOptions): BlobServiceClient {
  if ('account' in location) {
    const url = `https://${location.account}.blob.core.windows.net`;
    return new BlobServiceClient(url, environmentIdentity(location.account), pipeline);
  }
  try {
    return BlobServiceClient.fromConnectionString(location.connectionString, pipeline);
  } catch (error) {
    throw new ExpectedError(
      'InvalidConfiguration',
      'AZURE_STORAGE_CONNECTION_STRING cannot be read: copy it whole from the storage account, as in ' +
        '"DefaultEndpointsProtocol=https;AccountName=…;AccountKey=…;EndpointSuffix=core.windows.net"',
      { cause: error },
    );
  }
}

// It takes longer to load than the rest of the storage SDK, and whoever has a key needs it not.
function environmentIdentity(account: string): TokenCredential {
  let loading: Promise<TokenCredential> | undefined;
  let isKnown = false;
  const load = async () => {
    const { DefaultAzureCredential } = await import('@azure/identity');
    return new DefaultAzureCredential();
  };
  return {
    getToken: async (scopes, options) => {
      loading ??= load();
      const identity = await loading;
      try {
        const token = await identity.getToken(scopes, options);
        isKnown = true;
        return token;
      } catch (error) {
        throw notSignedIn(error, account, isKnown);
      }
    },
  };
}
