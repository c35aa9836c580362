import { join } from 'node:path';
import { openEmbeddedStack, type EmbeddedStack } from '../src/dev/embedded-stack.ts';
import { findTemporalCli } from '../src/dev/temporal-cli.ts';

/** A Temporal server of the bench's own on a free port, its database on disk. */
export function openTemporal(dataDir: string): Promise<EmbeddedStack> {
  return openEmbeddedStack({ dataDir, temporal: { port: 0, cli: findCli }, report: console.error });
}

/** An Azurite of the bench's own on a free port. */
export function openAzurite(dataDir: string): Promise<EmbeddedStack> {
  return openEmbeddedStack({ dataDir, azurite: { port: 0 }, report: console.error });
}

function findCli(): Promise<string> {
  const { PATH = '', HOME = '', XDG_CACHE_HOME = join(HOME, '.cache') } = process.env;
  return findTemporalCli({
    searchPath: PATH,
    cacheDir: join(XDG_CACHE_HOME, 'durable-backup'),
    report: console.error,
  });
}
