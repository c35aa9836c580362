import type { Config } from '../config.ts';
import { openEmbeddedStack, type EmbeddedStack } from '../dev/embedded-stack.ts';
import { findTemporalCli } from '../dev/temporal-cli.ts';

/** Starts what the environment does not name: Temporal unless it names a server, Azurite unless it names a storage account. */
export function openStack(config: Config, report: (line: string) => void): Promise<EmbeddedStack> {
  const { embedded } = config;
  const cli = () =>
    findTemporalCli({
      explicitPath: embedded.temporalCliPath,
      searchPath: embedded.searchPath,
      cacheDir: embedded.cacheDir,
      report,
      interactive: process.stderr.isTTY,
    });
  return openEmbeddedStack({
    dataDir: embedded.dataDir,
    temporal: config.temporal.named ? undefined : { port: embedded.temporalPort, uiPort: embedded.uiPort, cli },
    azurite: config.storage ? undefined : { port: embedded.blobPort },
    report,
  });
}
