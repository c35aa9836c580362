import { readFile } from 'node:fs/promises';
import { ExpectedError } from '../../../contracts/failures.ts';

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
