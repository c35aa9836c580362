import { createServer, type AddressInfo } from 'node:net';
import { randomInt } from 'node:crypto';
import { readFile, readdir, readlink } from 'node:fs/promises';
import { ExpectedError } from '../contracts/failures.ts';
import { runCommand } from './programs.ts';

interface PortRequest {
  /** The port wanted on 127.0.0.1; 0 asks for any free one. */
  readonly port: number;
  /** What will listen there, for the message. */
  readonly purpose: string;
  /** The environment variable that chooses the port, for the message. */
  readonly setting: string;
}

/**
 * A port on 127.0.0.1 that was free a moment ago.
 *
 * Thrown when the port is taken or may not be used (`StackUnavailable`); the message names who holds it and the setting to change.
 */
export async function reservePort(request: PortRequest): Promise<number> {
  try {
    return await listenOnce(request.port, '127.0.0.1');
  } catch (error) {
    const reason = await describe(error as NodeJS.ErrnoException, request.port);
    throw new ExpectedError(
      'StackUnavailable',
      `Port ${request.port} on 127.0.0.1, meant for ${request.purpose}, ${reason}. ` +
        `Free it, or set ${request.setting} to another port (0 picks a free one).`,
      { cause: error },
    );
  }
}

async function describe(error: NodeJS.ErrnoException, port: number): Promise<string> {
  if (error.code !== 'EADDRINUSE') return `cannot be used (${error.message})`;
  const holder = await findPortHolder(port);
  return holder === undefined ? 'is held by another process' : `is held by process ${holder.pid} (${holder.name})`;
}

/** Listens for a moment and resolves to the port; rejects with the system's error where that is not possible. */
function listenOnce(port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(port, host, () => {
      const { port: actual } = server.address() as AddressInfo;
      server.close(() => resolve(actual));
    });
  });
}

/** An address of this machine. */
export interface SocketAddress {
  readonly host: string;
  readonly port: number;
}

/**
 * Ports that no browser opens, whatever the page: those of other protocols that every browser has long kept pages from
 * (https://fetch.spec.whatwg.org/#port-blocking). None needs a privilege to listen on.
 */
const portsClosedToPages: readonly number[] = [2049, 3659, 4045, 6000, 6665, 6666, 6667, 6668, 6669];

/**
 * A free address for a server that answers whoever asks, and so must not be one that a web page reaches: on a port that browsers do not
 * open and, where the system has more loopback addresses than 127.0.0.1, on one that nobody guesses. Undefined when there is none.
 */
export async function findClosedAddress(): Promise<SocketAddress | undefined> {
  const start = randomInt(portsClosedToPages.length);
  const ports = [...portsClosedToPages.slice(start), ...portsClosedToPages.slice(0, start)];
  const own = `127.${randomInt(1, 255)}.${randomInt(256)}.${randomInt(1, 255)}`;
  for (const host of [own, '127.0.0.1']) {
    for (const port of ports) if (await isFree({ host, port })) return { host, port };
  }
  return undefined;
}

function isFree({ host, port }: SocketAddress): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, host, () => server.close(() => resolve(true)));
  });
}

/** The process that listens on a port. */
interface PortHolder {
  readonly pid: number;
  readonly name: string;
}

/**
 * Who listens on a TCP port of this machine, or undefined when the system does not tell (another user's process, say).
 * Linux is asked by way of /proc, other systems by `lsof`. Never throws.
 */
async function findPortHolder(port: number): Promise<PortHolder | undefined> {
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
