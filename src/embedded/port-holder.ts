import { readFile, readdir, readlink } from 'node:fs/promises';

import { runCommand } from './run-command.ts';

/** The process that listens on a port. */
export interface PortHolder {
  readonly pid: number;
  readonly name: string;
}

/**
 * Who listens on a TCP port of this machine, or undefined when the system does not tell (another user's process, say).
 * Linux is asked by way of /proc, other systems by `lsof`. Never throws.
 */
export async function findPortHolder(port: number): Promise<PortHolder | undefined> {
  return process.platform === 'linux' ? findOnLinux(port) : findWithLsof(port);
}

async function findOnLinux(port: number): Promise<PortHolder | undefined> {
  const sockets = await listeningSockets(port);
  if (sockets.size === 0) return undefined;
  for (const pid of await readdirOrNothing('/proc')) {
    if (!/^\d+$/.test(pid)) continue;
    for (const descriptor of await readdirOrNothing(`/proc/${pid}/fd`)) {
      const target = await readlink(`/proc/${pid}/fd/${descriptor}`).catch(() => '');
      if (sockets.has(target)) return { pid: Number(pid), name: await programName(pid) };
    }
  }
  return undefined;
}

/** The sockets that listen on the port, as the links under /proc/PID/fd name them. */
async function listeningSockets(port: number): Promise<Set<string>> {
  const listening = '0A';
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const sockets = new Set<string>();
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    for (const line of (await readFile(table, 'utf8').catch(() => '')).split('\n')) {
      const [, local = '', , state, , , , , , inode] = line.trim().split(/\s+/);
      if (state === listening && local.endsWith(suffix)) sockets.add(`socket:[${inode ?? ''}]`);
    }
  }
  return sockets;
}

async function programName(pid: string): Promise<string> {
  return (await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => 'unknown')).trim();
}

async function readdirOrNothing(path: string): Promise<string[]> {
  return readdir(path).catch(() => []);
}

async function findWithLsof(port: number): Promise<PortHolder | undefined> {
  const { code, output } = await runCommand('lsof', ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-Fpc'], {
    timeout: 5_000,
  });
  const pid = /^p(\d+)$/m.exec(output)?.[1];
  if (code !== 0 || pid === undefined) return undefined;
  return { pid: Number(pid), name: /^c(.+)$/m.exec(output)?.[1] ?? 'unknown' };
}
