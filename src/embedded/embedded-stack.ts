import { join, resolve } from 'node:path';

import { azuriteConnectionString, azuriteServer, type AzuriteOptions } from './azurite.ts';
import type { SocketAddress } from './closed-address.ts';
import { stackDirectory } from './embedded-data.ts';
import { withFileLock } from './file-lock.ts';
import { keepPrivate } from './private-data.ts';
import { requireSpace } from './require-space.ts';
import type { ServerState } from './server-process.ts';
import { ensureServer, stopServer } from './shared-server.ts';
import { addUser, countUsers, removeUser } from './stack-users.ts';
import { temporalServer, type TemporalServerOptions } from './temporal-server.ts';

export interface EmbeddedStackOptions {
  /** Holds the servers' data, logs and state; made when absent. Processes with the same directory share the servers. */
  readonly dataDir: string;
  /** Without it no Temporal is started. */
  readonly temporal?: TemporalServerOptions | undefined;
  /** Without it no Azurite is started. */
  readonly azurite?: AzuriteOptions | undefined;
  /** Told, line by line, what takes time or is unusual. */
  readonly report: (line: string) => void;
}

export interface EmbeddedStack {
  /** Host and port, for Temporal's clients and workers. */
  readonly temporalAddress?: string;
  /** Where Temporal's own Web UI listens, out of reach of browsers: {@link serveWebUi} shows it to people. */
  readonly webUi?: SocketAddress;
  /** For `@azure/storage-blob`. */
  readonly connectionString?: string;
  /**
   * Says that this user needs the servers no more; the last user stops them, and what they hold is kept in `dataDir`.
   * Calling it again does nothing.
   */
  readonly close: () => Promise<void>;
}

/**
 * Gives this process a Temporal server and an Azurite of its own machine, on 127.0.0.1. Servers that run for the same `dataDir`
 * are used as they are, whatever ports were asked for, also when the process that started them was killed.
 *
 * Thrown when a server cannot be started, its port is taken, there is no space for its data, or Temporal's program is not found
 * (`StackUnavailable`); what the system says of the directory is thrown as it is.
 */
export async function openEmbeddedStack(options: EmbeddedStackOptions): Promise<EmbeddedStack> {
  const { temporal, azurite, report } = options;
  const dataDir = resolve(options.dataDir);
  const directory = stackDirectory(dataDir);
  const users = join(directory, 'users');
  await keepPrivate(dataDir, report);
  await requireSpace(dataDir);
  const locked = <T>(work: () => Promise<T>): Promise<T> =>
    withFileLock(join(directory, 'lock'), work, (holder) =>
      report(`Waiting for ${holder}, which starts or stops the servers in ${dataDir} …`),
    );

  return locked(async () => {
    const user = await addUser(users);
    let closing: Promise<void> | undefined;
    const close = (): Promise<void> => (closing ??= leaveInTurn(locked, () => leave(directory, users, user)));
    try {
      const taker = { report, isAlone: (await countUsers(users)) === 1 };
      const [temporalState, azuriteState] = await settleBoth(
        temporal && ensureServer(directory, temporalServer(dataDir, temporal), taker),
        azurite && ensureServer(directory, azuriteServer(dataDir, azurite), taker),
      );
      return { ...describeTemporal(temporalState), ...describeAzurite(azuriteState), close };
    } catch (error) {
      await leave(directory, users, user);
      throw error;
    }
  });
}

/** Waits for both even when one fails: what the other one started must be known before it can be stopped. */
async function settleBoth<A, B>(
  a: Promise<A> | undefined,
  b: Promise<B> | undefined,
): Promise<[A | undefined, B | undefined]> {
  await Promise.allSettled([a, b]);
  return [await a, await b];
}

/** Where the disk is too full for a lock there is nobody who could be starting servers meanwhile. */
async function leaveInTurn(locked: (work: () => Promise<void>) => Promise<void>, work: () => Promise<void>) {
  try {
    await locked(work);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    await work();
  }
}

async function leave(directory: string, users: string, user: string): Promise<void> {
  if ((await removeUser(users, user)) > 0) return;
  await Promise.all(['temporal', 'azurite'].map((key) => stopServer(directory, key)));
}

function describeTemporal(state: ServerState | undefined): Pick<EmbeddedStack, 'temporalAddress' | 'webUi'> {
  if (state === undefined) return {};
  return { temporalAddress: `127.0.0.1:${state.port}`, ...(state.webUi && { webUi: state.webUi }) };
}

function describeAzurite(state: ServerState | undefined): Pick<EmbeddedStack, 'connectionString'> {
  return state === undefined ? {} : { connectionString: azuriteConnectionString(state.port, state.accountKey) };
}
