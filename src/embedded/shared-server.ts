import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { endProcess, isRunning } from './process-identity.ts';
import { EndedWhileStarting, waitUntilReady, type ManagedServer, type ServerState } from './server-process.ts';

/** Long enough for Azurite to save its data and for Temporal to end its long polls. */
const stopPatience = 10_000;

/**
 * How often a server that ends while it starts is launched. A port that was free a moment ago can be another program's now, and
 * Temporal's server picks more of them, for its own parts, than we can hold free for it.
 */
const launches = 3;

/** Who starts or takes over a server. */
export interface Taker {
  /** Told, line by line, what is unusual. */
  readonly report: (line: string) => void;
  /** Whether nobody else uses the servers of the directory. */
  readonly isAlone: boolean;
}

/**
 * Returns the server that `directory` says is running, when it answers, or starts one and writes it down there. One that an earlier
 * version started, open to web pages, is started anew where nobody else uses it. The caller holds the directory's lock.
 *
 * Thrown when a new server cannot be started (`StackUnavailable`).
 */
export async function ensureServer(directory: string, server: ManagedServer, taker: Taker): Promise<ServerState> {
  const { report } = taker;
  const logFile = join(directory, `${server.key}.log`);
  const running = await adopt(directory, server, logFile, taker);
  if (running !== undefined) return running;
  for (let launch = 1; ; launch += 1) {
    try {
      return await start(directory, server, logFile);
    } catch (error) {
      if (!(error instanceof EndedWhileStarting) || launch === launches) throw error;
      report(`${server.name} ended while starting; it is started again.`);
    }
  }
}

async function start(directory: string, server: ManagedServer, logFile: string): Promise<ServerState> {
  const state = await server.launch(logFile);
  // Written before it is ready: should we die meanwhile, the next one finds it.
  await writeState(directory, server.key, state);
  await waitUntilReady(server, state, logFile);
  return state;
}

/** Stops the server that `directory` says is running, if any. The caller holds the directory's lock. */
export async function stopServer(directory: string, key: string): Promise<void> {
  const state = await readState(directory, key);
  if (state !== undefined) await endProcess(state, stopPatience);
  await rm(stateFile(directory, key), { force: true });
}

async function adopt(
  directory: string,
  server: ManagedServer,
  logFile: string,
  { report, isAlone }: Taker,
): Promise<ServerState | undefined> {
  const state = await readState(directory, server.key);
  if (state === undefined || !(await isRunning(state))) return undefined;
  if (state.isClosed !== true) {
    const what = `${server.name} (process ${state.pid}), which an earlier version started, is open to web pages and other users`;
    report(
      isAlone
        ? `${what}: it is started anew.`
        : `${what}: end all programs that use ${directory}, and start them again.`,
    );
    if (isAlone) {
      await endProcess(state, stopPatience);
      return undefined;
    }
  }
  try {
    await waitUntilReady(server, state, logFile, stopPatience);
    return state;
  } catch {
    report(`${server.name} (process ${state.pid}) runs but does not answer; it was stopped and is started anew.`);
    return undefined;
  }
}

async function readState(directory: string, key: string): Promise<ServerState | undefined> {
  try {
    return JSON.parse(await readFile(stateFile(directory, key), 'utf8')) as ServerState;
  } catch {
    return undefined;
  }
}

async function writeState(directory: string, key: string, state: ServerState): Promise<void> {
  const draft = `${stateFile(directory, key)}.new`;
  await writeFile(draft, JSON.stringify(state), { mode: 0o600 });
  await rename(draft, stateFile(directory, key));
}

function stateFile(directory: string, key: string): string {
  return join(directory, `${key}.json`);
}
