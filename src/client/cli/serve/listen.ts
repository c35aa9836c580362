import { once } from 'node:events';
import { createServer, type RequestListener, type Server, type ServerOptions } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ExpectedError } from '../../../contracts/failures.ts';

// Service managers kill what has not stopped within ten seconds or more.
const patience = 5000;

/** Where to listen, and which variable says so. */
export interface Address {
  readonly host: string;
  readonly port: number;
  readonly variable: string;
}

/** Throws an {@link ExpectedError} that names the variable when the port is taken. */
export async function listen(address: Address, app: RequestListener, options: ServerOptions = {}): Promise<Server> {
  const { host, port, variable } = address;
  const server = createServer(options, app);
  try {
    // What is no port is thrown at once.
    server.listen(port, host);
    await once(server, 'listening');
  } catch (error) {
    throw new ExpectedError(
      'InvalidConfiguration',
      `Cannot listen on ${host}:${port} (${(error as NodeJS.ErrnoException).code}): set ${variable} to a free one`,
      { cause: error },
    );
  }
  return server;
}

export function urlOf(server: Server, host: string): string {
  const { port } = server.address() as AddressInfo;
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** Takes no more connections, lets requests under way end, for some seconds, then closes. */
export async function drain(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), patience);
  await closed;
  clearTimeout(timer);
}
