import { join } from 'node:path';
import { openEmbeddedStack, type EmbeddedStack, type EmbeddedStackOptions } from '../src/embedded/embedded-stack.ts';
import { findTemporalCli } from '../src/embedded/temporal-cli.ts';
import type { Closing } from './closing.ts';

/** The address of a Temporal server of the bench's own on a free port, its database on disk. */
export async function openTemporal(closing: Closing, dataDir: string): Promise<string> {
  const { temporalAddress } = await openStack(closing, dataDir, { temporal: { port: 0, cli: findCli } });
  return temporalAddress ?? '';
}

/** An Azurite of the bench's own on a free port. */
export function openAzurite(closing: Closing, dataDir: string): Promise<EmbeddedStack> {
  return openStack(closing, dataDir, { azurite: { port: 0 } });
}

function openStack(
  closing: Closing,
  dataDir: string,
  servers: Pick<EmbeddedStackOptions, 'temporal' | 'azurite'>,
): Promise<EmbeddedStack> {
  return closing.open(
    () => openEmbeddedStack({ dataDir, report: console.error, ...servers }),
    (stack) => stack.close(),
  );
}

function findCli(): Promise<string> {
  const { PATH = '', HOME = '', XDG_CACHE_HOME = join(HOME, '.cache') } = process.env;
  return findTemporalCli({
    searchPath: PATH,
    cacheDir: join(XDG_CACHE_HOME, 'durable-backup'),
    report: console.error,
  });
}
