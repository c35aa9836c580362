import { dirname, join, resolve } from 'node:path';
import { randomUUID } from 'node:crypto';
import { mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { azuriteConnectionString, azuriteServer, type AzuriteOptions } from './azurite.ts';
import type { SocketAddress } from './ports.ts';
import { explainData, keepPrivate, requireSpace, stackDirectory, watchSpace } from './data-dir.ts';
import { withFileLock } from './file-lock.ts';
import { type ServerState, ensureServer, stopServer } from './managed-server.ts';
import { temporalServer, type TemporalServerOptions } from './temporal-server.ts';
import { identifyProcess, isRunning, type ProcessIdentity } from './process-identity.ts';

export interface EmbeddedStackOptions {
  /** Holds the servers' data, logs and state; made when absent. Processes with the same directory share the servers. */
  readonly dataDir: string;
  /** Without it no Temporal is started. */
  readonly temporal?: TemporalServerOptions | undefined;
  /** Without it no Azurite is started. */
  readonly azurite?: AzuriteOptions | undefined;
  /** Told, line by line, what takes time or is unusual. */
  readonly report: (line: string) => void;
  /** Told, once, that there is hardly any space left for what the servers write, and what to do. */
  readonly onFull?: ((error: Error) => void) | undefined;
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
 * Thrown when a server cannot be started, its port is taken, `dataDir` cannot be written or has no space, or Temporal's program is not
 * found (`StackUnavailable`).
 */
export async function openEmbeddedStack(options: EmbeddedStackOptions): Promise<EmbeddedStack> {
  const dataDir = resolve(options.dataDir);
  try {
    await keepPrivate(dataDir, options.report);
    await requireSpace(dataDir);
    return await open({ ...options, dataDir });
  } catch (error) {
    throw explainData(error, dataDir);
  }
}

function open({ dataDir, temporal, azurite, report, onFull }: EmbeddedStackOptions): Promise<EmbeddedStack> {
  const directory = stackDirectory(dataDir);
  const users = join(directory, 'users');
  const locked = <T>(work: () => Promise<T>): Promise<T> =>
    withFileLock(join(directory, 'lock'), work, (holder) =>
      report(`Waiting for ${holder}, which starts or stops the servers in ${dataDir} …`),
    );

  return locked(async () => {
    const user = await addUser(users);
    try {
      const taker = { report, isAlone: (await countUsers(users)) === 1 };
      const [temporalState, azuriteState] = await settleBoth(
        temporal && ensureServer(directory, temporalServer(dataDir, temporal), taker),
        azurite && ensureServer(directory, azuriteServer(dataDir, azurite), taker),
      );
      const unwatch = onFull && watchSpace(dataDir, onFull);
      const states = { temporal: temporalState, azurite: azuriteState };
      let closing: Promise<void> | undefined;
      const close = (): Promise<void> => {
        unwatch?.();
        return (closing ??= leaveInTurn(locked, () => leave(directory, user, states)));
      };
      return { ...describeTemporal(temporalState), ...describeAzurite(azuriteState), close };
    } catch (error) {
      await leave(directory, user);
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

/** Where the disk is too full for a lock, or gone, there is nobody who could be starting servers meanwhile. */
async function leaveInTurn(locked: (work: () => Promise<void>) => Promise<void>, work: () => Promise<void>) {
  try {
    await locked(work);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    await work();
  }
}

type States = Readonly<Record<'temporal' | 'azurite', ServerState | undefined>>;

async function leave(directory: string, user: string, { temporal, azurite }: Partial<States> = {}): Promise<void> {
  if ((await removeUser(user)) > 0) return;
  await Promise.all([stopServer(directory, 'temporal', temporal), stopServer(directory, 'azurite', azurite)]);
}

function describeTemporal(state: ServerState | undefined): Pick<EmbeddedStack, 'temporalAddress' | 'webUi'> {
  if (state === undefined) return {};
  return { temporalAddress: `127.0.0.1:${state.port}`, ...(state.webUi && { webUi: state.webUi }) };
}

function describeAzurite(state: ServerState | undefined): Pick<EmbeddedStack, 'connectionString'> {
  return state === undefined ? {} : { connectionString: azuriteConnectionString(state.port, state.accountKey) };
}

/** Writes down that this process uses the stack; returns the file's path. The caller holds the stack's lock. */
async function addUser(directory: string): Promise<string> {
  await mkdir(directory, { recursive: true });
  const file = join(directory, `${process.pid}-${randomUUID().slice(0, 8)}.json`);
  const draft = `${file}.new`;
  await writeFile(draft, JSON.stringify(await identifyProcess(process.pid)));
  await rename(draft, file);
  return file;
}

/** Removes one user, and those whose processes have died; returns how many are left. The caller holds the stack's lock. */
async function removeUser(file: string): Promise<number> {
  // On a disk that is read-only by now it still stands there.
  const stays = await rm(file, { force: true }).then(
    () => 0,
    () => 1,
  );
  return (await countUsers(dirname(file))) - stays;
}

/** How many there are; those whose processes have died are removed. The caller holds the stack's lock. */
async function countUsers(directory: string): Promise<number> {
  let left = 0;
  for (const name of await readdir(directory).catch(() => [])) {
    const user = await readUser(join(directory, name));
    if (user !== undefined && (await isRunning(user))) left += 1;
    else await rm(join(directory, name), { force: true }).catch(() => undefined);
  }
  return left;
}

async function readUser(file: string): Promise<ProcessIdentity | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as ProcessIdentity;
  } catch {
    return undefined;
  }
}
