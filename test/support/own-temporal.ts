import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEmbeddedStack } from '../../src/dev/embedded-stack.ts';
import { findCli } from './find-cli.ts';

/** A Temporal server beside the test run's own: for what looks at all that a server holds, which other tests add to. */
export async function startOwnTemporal(): Promise<{ address: string; stop: () => Promise<void> }> {
  const dataDir = await mkdtemp(join(tmpdir(), 'durable-backup-temporal-'));
  const stack = await openEmbeddedStack({
    dataDir,
    temporal: { port: 0, inMemory: true, cli: findCli },
    report: () => undefined,
  });
  return {
    address: stack.temporalAddress ?? '',
    stop: async () => {
      await stack.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
