import { createHash } from 'node:crypto';
import { hostname } from 'node:os';
import { basename } from 'node:path';
import { sourceQueue } from '../shared/source.ts';

/**
 * One directory of one machine has one id, so a command that was killed and is run again goes on with the run that it left. A source
 * stands for the machine that has it, wherever the command is run.
 */
export function backupInstanceId(root: string, source?: string): string {
  return instanceId('backup', root, root, source === undefined ? hostname() : sourceQueue(source));
}

/** Likewise, a restore or a verification of the same input has the same id. */
export function jobInstanceId(kind: 'restore' | 'verify', directory: string, input: object): string {
  return instanceId(kind, directory, JSON.stringify(input));
}

function instanceId(kind: string, directory: string, identity: string, machine = hostname()): string {
  const name =
    basename(directory)
      .replace(/[^\w.-]+/gu, '-')
      .slice(0, 40) || 'root';
  return `${kind}-${name}-${createHash('sha256').update(`${machine}\n${identity}`).digest('hex').slice(0, 8)}`;
}
