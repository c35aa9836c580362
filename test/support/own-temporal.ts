import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEmbeddedStack } from '../../src/embedded/embedded-stack.ts';
import { findCli } from './find-cli.ts';

/**
 * A Temporal server beside the test run's own: for what looks at all that a server holds, which other tests add to. One that is given a
 * directory keeps there what it holds, for the next one; what is there is the caller's.
 */
export async function startOwnTemporal(kept?: string): Promise<{ address: string; stop: () => Promise<void> }> {
  const dataDir = kept ?? (await mkdtemp(join(tmpdir(), 'durable-backup-temporal-')));
  const stack = await openEmbeddedStack({
    dataDir,
    temporal: { port: 0, inMemory: kept === undefined, cli: findCli },
    report: () => undefined,
  });
  return {
    address: stack.temporalAddress ?? '',
    stop: async () => {
      await stack.close();
      if (kept === undefined) await rm(dataDir, { recursive: true, force: true });
    },
  };
}
