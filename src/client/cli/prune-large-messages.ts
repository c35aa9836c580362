import type { Config } from '../../config.ts';
import { mayHoldBlobs } from '../../embedded/data-dir.ts';
import { ExpectedError } from '../../contracts/failures.ts';
import { openLargeMessages } from '../../storage/large-messages/open-container.ts';
import { pruneMessages, type PruneOptions, type PruneResult } from '../../storage/large-messages/prune-messages.ts';
import { ScanError } from '../../storage/large-messages/temporal-requests.ts';
import type { Call } from './invocation.ts';
import { openStack } from './open/stack.ts';
import { storageLocation } from './open/storage.ts';
import { connectClient, temporalTarget } from './open/temporal.ts';

/**
 * Deletes the large messages that no workflow refers to which the configured Temporal retains. Throws an {@link ExpectedError}, and has
 * deleted nothing, when not all of their histories can be read.
 */
export async function pruneLargeMessages(
  { config, note }: Pick<Call, 'config' | 'note'>,
  options: Pick<PruneOptions, 'graceMs' | 'dryRun'>,
): Promise<PruneResult> {
  requireOnePlace(config);
  // Nothing refers to anything, and nothing is there, where no server was ever started.
  if (!config.temporal.named && !mayHoldBlobs(config.embedded.dataDir))
    return { scanned: 0, referenced: 0, kept: 0, deleted: 0, bytesFreed: 0 };
  const stack = await openStack(config, note);
  try {
    const client = await connectClient(temporalTarget(stack.temporalAddress));
    const container = openLargeMessages(storageLocation(config, stack.connectionString), config.http.taskHub);
    try {
      return await pruneMessages({ client, container, report: note, ...options });
    } finally {
      await client.connection.close();
    }
  } catch (error) {
    if (!(error instanceof ScanError)) throw error;
    throw new ExpectedError('TemporalUnavailable', `Nothing was deleted: ${error.message}`, { cause: error });
  } finally {
    await stack.close();
  }
}

// An embedded Temporal knows nothing of the workflows whose messages a real account holds: all of them would look unused.
function requireOnePlace({ temporal, storage }: Config): void {
  if (temporal.named === (storage !== undefined)) return;
  throw new ExpectedError(
    'InvalidConfiguration',
    temporal.named
      ? 'Temporal is named and the storage account is not: set AZURE_STORAGE_CONNECTION_STRING or AZURE_STORAGE_ACCOUNT'
      : 'The storage account is named and Temporal is not: set TEMPORAL_ADDRESS to the server whose workflows use it',
  );
}
