import { createHash } from 'node:crypto';
import { hostname } from 'node:os';
import { basename } from 'node:path';
import type { SourceDefinition } from '../../contracts/sources.ts';
import { workerQueue } from '../../contracts/job.ts';

/**
 * One directory of one machine has one id, so a command that was killed and is run again goes on with the run that it left. A worker's
 * name stands for its machine, wherever the command is run.
 */
export function backupInstanceId(root: string, worker?: string): string {
  return instanceId('backup', root, root, worker === undefined ? hostname() : workerQueue(worker));
}

/** Likewise, a source has one id wherever it is the same. */
export function sourceInstanceId({ name, root, prefix, worker }: SourceDefinition): string {
  return instanceId('backup', name, `${root}\n${prefix}`, worker === undefined ? hostname() : workerQueue(worker));
}

/** Likewise, a restore, a verification or a prune of the same input has the same id. */
export function jobInstanceId(kind: 'restore' | 'verify' | 'prune', directory: string, input: object): string {
  return instanceId(kind, directory, JSON.stringify(input));
}

function instanceId(kind: string, directory: string, identity: string, machine = hostname()): string {
  const name =
    basename(directory)
      .replace(/[^\w.-]+/gu, '-')
      .slice(0, 40) || 'root';
  return `${kind}-${name}-${createHash('sha256').update(`${machine}\n${identity}`).digest('hex').slice(0, 8)}`;
}
