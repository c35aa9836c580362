import { Command, InvalidArgumentError } from 'commander';
import type { Config } from '../config.ts';
import { ExpectedError } from '../shared/failures.ts';
import { openLargeMessages } from '../storage/large-messages/open-container.ts';
import { pruneMessages } from '../storage/large-messages/prune-messages.ts';
import { ScanError } from '../storage/large-messages/scan-error.ts';
import { runMain } from './run-main.ts';
import { openStack } from './stack.ts';
import { storageLocation } from './storage.ts';
import { connectClient, temporalTarget } from './temporal.ts';

const hour = 3_600_000;
const help = `
Safe while jobs run. When any history cannot be read, nothing is deleted and the exit code is 1.

Example:
  npm run prune-messages -- --dry-run`;

/** `npm run prune-messages`: deletes the large messages that no retained workflow refers to. */
const { dryRun, grace } = readArguments(process.argv.slice(2));
await runMain(prune, { logLevel: 'warn' });

async function prune(config: Config): Promise<number> {
  requireOnePlace(config);
  const note = (line: string) => console.error(line);
  const stack = await openStack(config, note);
  try {
    const client = await connectClient(temporalTarget(stack.temporalAddress));
    const container = openLargeMessages(storageLocation(config, stack.connectionString), config.http.taskHub);
    try {
      const result = await pruneMessages({ client, container, graceMs: grace * hour, dryRun, report: note });
      const { scanned, referenced, kept, deleted, bytesFreed } = result;
      console.log(`${dryRun ? 'Would delete' : 'Deleted'} ${deleted} large messages, ${bytesFreed} bytes.`);
      console.log(`Kept ${kept}, of which ${referenced} in use by ${scanned} retained workflow executions.`);
    } finally {
      await client.connection.close();
    }
  } catch (error) {
    if (!(error instanceof ScanError)) throw error;
    throw new ExpectedError('TemporalUnavailable', `Nothing was deleted: ${error.message}`, { cause: error });
  } finally {
    await stack.close();
  }
  return 0;
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

function readArguments(argv: readonly string[]): { dryRun: boolean; grace: number } {
  return new Command('prune-messages')
    .description('Deletes the large messages that no retained workflow refers to.')
    .option('--dry-run', 'delete nothing, and say what would be deleted', false)
    .option('--grace <hours>', 'keep what was used in the last hours, one at least', hours, 24)
    .addHelpText('after', help)
    .showHelpAfterError('See `npm run prune-messages -- --help`.')
    .parse(argv, { from: 'user' })
    .opts<{ dryRun: boolean; grace: number }>();
}

// A payload is stored before the history that refers to it is written: too short a grace would delete it in between.
function hours(text: string): number {
  if (/^\d{1,5}$/u.test(text) && Number(text) >= 1) return Number(text);
  throw new InvalidArgumentError('It must be a whole number of hours from 1 to 99999.');
}
