import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Config } from '../../../config.ts';
import type { EmbeddedStack, EmbeddedStackOptions } from '../../../embedded/embedded-stack.ts';
import { ExpectedError } from '../../../contracts/failures.ts';

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

/** What a worker and the embedded servers can need at once: connections, files of many copies and restores, threads, databases. */
const fewest = 1024;

/**
 * Makes sure that this process, and what it starts, may have enough files open: without, the native part of Temporal's SDK ends the
 * process in the middle of a run. Node has raised the soft limit to the hard one by then. Throws an {@link ExpectedError} that says how
 * to raise that; where the system does not tell there is nothing to check.
 */
export async function requireOpenFiles(): Promise<void> {
  const limits = await readFile('/proc/self/limits', 'utf8').catch(() => '');
  const [, soft, hard] = /^Max open files\s+(\d+|unlimited)\s+(\d+|unlimited)/mu.exec(limits) ?? [];
  if (soft === undefined || soft === 'unlimited' || Number(soft) >= fewest) return;
  throw new ExpectedError(
    'InvalidConfiguration',
    `This process may have ${soft} files open at once (at most ${hard}), and needs ${fewest}: raise the limit with \`ulimit -n ${fewest}\` before it is started, by LimitNOFILE=${fewest} in a systemd unit, or by --ulimit nofile=${fewest} for a container`,
  );
}
