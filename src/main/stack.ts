import type { Config } from '../config.ts';
import { openEmbeddedStack, type EmbeddedStack } from '../dev/embedded-stack.ts';
import { findTemporalCli } from '../dev/temporal-cli.ts';
import { ExpectedError } from '../shared/failures.ts';

/**
 * Starts what the environment does not name: Temporal unless it names a server, or none is wanted, and Azurite unless it names a
 * storage account.
 */
export async function openStack(
  config: Config,
  report: (line: string) => void,
  { withTemporal = true } = {},
): Promise<EmbeddedStack> {
  const { embedded } = config;
  const temporalWanted = withTemporal && !config.temporal.named;
  // Then there is no need for a directory of data either, which may not be writable.
  if (!temporalWanted && config.storage) return { close: () => Promise.resolve() };
  const cli = () =>
    findTemporalCli({
      explicitPath: embedded.temporalCliPath,
      searchPath: embedded.searchPath,
      cacheDir: embedded.cacheDir,
      report,
      interactive: process.stderr.isTTY,
    });
  try {
    return await openEmbeddedStack({
      dataDir: embedded.dataDir,
      temporal: temporalWanted ? { port: embedded.temporalPort, uiPort: embedded.uiPort, cli } : undefined,
      azurite: config.storage ? undefined : { port: embedded.blobPort },
      report,
    });
  } catch (error) {
    throw unwritable(error, embedded.dataDir) ?? error;
  }
}

function unwritable(error: unknown, dataDir: string): ExpectedError | undefined {
  const { code, path } = error as NodeJS.ErrnoException;
  if (!(error instanceof Error) || path === undefined || !path.startsWith(dataDir)) return undefined;
  return new ExpectedError(
    'StackUnavailable',
    `${path} cannot be written (${code}): set DATA_DIR to a directory of your own for the data of the embedded servers`,
    { cause: error },
  );
}
