import type { Config } from '../../../config.ts';
import { openEmbeddedStack, type EmbeddedStack } from '../../../embedded/embedded-stack.ts';
import { findTemporalCli } from '../../../embedded/temporal-cli.ts';
import { ExpectedError } from '../../../contracts/failures.ts';
import { requireOpenFiles } from '../serve/require-open-files.ts';

/**
 * Starts what the environment does not name: Temporal unless it names a server, or none is wanted, and likewise Azurite unless it names
 * a storage account.
 */
export async function openStack(
  config: Config,
  report: (line: string) => void,
  { withTemporal = true, withStorage = true } = {},
): Promise<EmbeddedStack> {
  const temporal = withTemporal ? temporalOf(config, report) : undefined;
  const azurite = withStorage ? azuriteOf(config) : undefined;
  // Then there is no need for a directory of data either, which may not be writable.
  if (!temporal && !azurite) return { close: () => Promise.resolve() };
  await requireOpenFiles();
  const { dataDir } = config.embedded;
  try {
    return await openEmbeddedStack({ dataDir, temporal, azurite, report });
  } catch (error) {
    throw unwritable(error, dataDir) ?? error;
  }
}

function azuriteOf({ storage, embedded }: Config) {
  return storage ? undefined : { port: embedded.blobPort };
}

function temporalOf({ temporal, embedded }: Config, report: (line: string) => void) {
  if (temporal.named) return undefined;
  const cli = () =>
    findTemporalCli({
      explicitPath: embedded.temporalCliPath,
      searchPath: embedded.searchPath,
      cacheDir: embedded.cacheDir,
      report,
      interactive: process.stderr.isTTY,
    });
  return { port: embedded.temporalPort, webUi: true, cli };
}

function unwritable(error: unknown, dataDir: string): ExpectedError | undefined {
  const { code, path } = error as NodeJS.ErrnoException;
  if (!(error instanceof Error) || path === undefined || !path.startsWith(dataDir)) return undefined;
  return new ExpectedError('StackUnavailable', `${path} cannot be written (${code}): ${remedyOf(code)}`, {
    cause: error,
  });
}

function remedyOf(code: string | undefined): string {
  const elsewhere = 'set DATA_DIR to a directory of your own for the data of the embedded servers';
  if (code === 'ENOSPC' || code === 'EDQUOT') return `free space there, or ${elsewhere}`;
  return code === 'EROFS' ? `its file system is mounted read-only; ${elsewhere}` : elsewhere;
}
