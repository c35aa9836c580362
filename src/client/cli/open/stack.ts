import { existsSync } from 'node:fs';
import type { Config } from '../../../config.ts';
import type { EmbeddedStack, EmbeddedStackOptions } from '../../../embedded/embedded-stack.ts';
import { requireOpenFiles } from '../serve/require-open-files.ts';

interface StackOptions extends Pick<EmbeddedStackOptions, 'onFull'> {
  readonly withTemporal?: boolean;
  readonly withStorage?: boolean;
}

/**
 * Starts what the environment does not name: Temporal unless it names a server, or none is wanted, and likewise Azurite unless it names
 * a storage account.
 */
export async function openStack(
  config: Config,
  report: (line: string) => void,
  { withTemporal = true, withStorage = true, onFull }: StackOptions = {},
): Promise<EmbeddedStack> {
  const temporal = withTemporal ? temporalOf(config, report) : undefined;
  const azurite = withStorage ? azuriteOf(config) : undefined;
  // Then there is no need for a directory of data either, which may not be writable.
  if (!temporal && !azurite) return { close: () => Promise.resolve() };
  await requireOpenFiles();
  const { dataDir, insteadOf } = config.embedded;
  if (insteadOf !== undefined) report(earlierStore(dataDir, insteadOf));
  // They take a while to load, and help does not need them.
  const { openEmbeddedStack } = await import('../../../embedded/embedded-stack.ts');
  return openEmbeddedStack({ dataDir, temporal, azurite, report, onFull });
}

function earlierStore(dataDir: string, usual: string): string {
  const home = existsSync(usual)
    ? `other directories use ${usual}`
    : `moved to ${usual} it is the one store of all directories`;
  return `Using the backups and jobs that an earlier version kept in ${dataDir}; ${home}.`;
}

function azuriteOf({ storage, embedded }: Config) {
  return storage ? undefined : { port: embedded.blobPort };
}

function temporalOf({ temporal, embedded }: Config, report: (line: string) => void) {
  if (temporal.named) return undefined;
  const cli = async () => {
    const { findTemporalCli } = await import('../../../embedded/temporal-cli.ts');
    return findTemporalCli({
      explicitPath: embedded.temporalCliPath,
      searchPath: embedded.searchPath,
      cacheDir: embedded.cacheDir,
      report,
      interactive: process.stderr.isTTY,
    });
  };
  return { port: embedded.temporalPort, webUi: true, cli };
}
