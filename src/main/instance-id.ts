import { createHash } from 'node:crypto';
import { hostname } from 'node:os';
import { basename } from 'node:path';

/** One directory of one machine has one id, so a command that was killed and is run again goes on with the run that it left. */
export function backupInstanceId(root: string): string {
  return instanceId('backup', root, root);
}

/** Likewise, a restore or a verification of the same input has the same id. */
export function jobInstanceId(kind: 'restore' | 'verify', directory: string, input: object): string {
  return instanceId(kind, directory, JSON.stringify(input));
}

function instanceId(kind: string, directory: string, identity: string): string {
  const name =
    basename(directory)
      .replace(/[^\w.-]+/gu, '-')
      .slice(0, 40) || 'root';
  return `${kind}-${name}-${createHash('sha256').update(`${hostname()}\n${identity}`).digest('hex').slice(0, 8)}`;
}
