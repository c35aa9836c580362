import { createServer, type AddressInfo } from 'node:net';

import { ExpectedError } from '../contracts/failures.ts';
import { findPortHolder } from './port-holder.ts';

export interface PortRequest {
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
