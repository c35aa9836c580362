import { homedir } from 'node:os';
import { join } from 'node:path';

import { findTemporalCli } from '../../src/embedded/temporal-cli.ts';

/** The Temporal program that the tests run; the first time it may have to be downloaded. */
export function findCli(): Promise<string> {
  return findTemporalCli({
    explicitPath: process.env['TEMPORAL_CLI_PATH'],
    searchPath: process.env['PATH'] ?? '',
    cacheDir: join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'durable-backup'),
    report: (line) => process.stderr.write(`${line}\n`),
    interactive: process.stderr.isTTY,
  });
}
