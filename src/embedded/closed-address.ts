import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

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
