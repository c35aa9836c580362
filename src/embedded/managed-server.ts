import { spawn } from 'node:child_process';
import { open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { join } from 'node:path';
import { ExpectedError } from '../contracts/failures.ts';
import type { SocketAddress } from './ports.ts';
import { endProcess, identifyProcess, isRunning, type ProcessIdentity } from './process-identity.ts';
import { privateUmask } from './data-dir.ts';
import { lastLines } from './programs.ts';

/** What a running server is known by: enough for any process to find it, use it and stop it. */
export interface ServerState extends ProcessIdentity {
  readonly port: number;
  /** Where its web page is, when it has one. */
  readonly webUi?: SocketAddress;
  /** Whether it was started closed to web pages and to other users; those that earlier versions started were not. */
  readonly isClosed?: boolean;
  /** What opens its storage account, when that is not what opens every Azurite. */
  readonly accountKey?: string;
}

/** One kind of server that the embedded stack can run. */
export interface ManagedServer {
  /** Its name in messages. */
  readonly name: string;
  /** Its name in files. */
  readonly key: string;
  /** Starts it and returns without waiting for it to be ready. Its output goes to `logFile`. */
  readonly launch: (logFile: string) => Promise<ServerState>;
  /** Whether it answers its own protocol now. Never throws. */
  readonly isReady: (state: ServerState) => Promise<boolean>;
}

/**
 * Starts a program in a process group of its own, so that Ctrl-C in a terminal reaches us alone and we stop it in order, with its
 * output in a file, which, unlike a pipe, outlives us, and so that other users cannot read the files that it makes. Its environment is
 * ours unless `env` is given.
 *
 * Thrown when the program cannot be started (`StackUnavailable`).
 */
export async function launchProcess(
  command: string,
  args: readonly string[],
  logFile: string,
  env?: NodeJS.ProcessEnv,
): Promise<ProcessIdentity> {
  const log = await open(logFile, 'w');
  try {
    const child = withUmask(privateUmask, () =>
      spawn(command, args, {
        detached: true,
        stdio: ['ignore', log.fd, log.fd],
        windowsHide: true,
        ...(env && { env }),
      }),
    );
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', reject);
    });
    child.unref();
    const pid = child.pid ?? 0;
    return (await identifyProcess(pid)) ?? { pid, started: 'ended' };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ExpectedError('StackUnavailable', `${command} cannot be started: ${reason}`, { cause: error });
  } finally {
    await log.close();
  }
}

/** Calls `make`, which must not wait for anything, while new files and processes of this one get this umask. */
function withUmask<T>(umask: number, make: () => T): T {
  const before = process.umask(umask);
  try {
    return make();
  } finally {
    process.umask(before);
  }
}

/** A server that ended by itself before it answered. */
class EndedWhileStarting extends ExpectedError {
  constructor(message: string) {
    super('StackUnavailable', message);
  }
}

/**
 * Waits until a started server answers.
 *
 * Thrown when it ends (`EndedWhileStarting`), or does not answer within `patience` ms and is stopped for that
 * (`StackUnavailable`); the message holds the end of its log.
 */
async function waitUntilReady(
  server: ManagedServer,
  state: ServerState,
  logFile: string,
  patience = 30_000,
): Promise<void> {
  const since = performance.now();
  let running = await isRunning(state);
  while (running && performance.now() - since < patience) {
    if (await server.isReady(state)) return;
    await sleep(50);
    running = await isRunning(state);
  }
  await endProcess(state, 2_000);
  const log = lastLines(await readFile(logFile, 'utf8').catch(() => ''), 10);
  const end = `The end of ${logFile}: ${log || '(empty)'}`;
  if (!running) throw new EndedWhileStarting(`${server.name} ended while starting. ${end}`);
  throw new ExpectedError(
    'StackUnavailable',
    `${server.name} did not answer on port ${state.port} within ${patience / 1000} s. ${end}`,
  );
}

/** Long enough for Azurite to save its data and for Temporal to end its long polls. */
const stopPatience = 10_000;

/**
 * How often a server that ends while it starts is launched. A port that was free a moment ago can be another program's now, and
 * Temporal's server picks more of them, for its own parts, than we can hold free for it.
 */
const launches = 3;

/** Who starts or takes over a server. */
interface Taker {
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

/**
 * Stops the server that `directory` says is running, or `known` where it cannot be read any more. The caller holds the directory's lock.
 */
export async function stopServer(directory: string, key: string, known?: ServerState): Promise<void> {
  const state = (await readState(directory, key)) ?? known;
  if (state !== undefined) await endProcess(state, stopPatience);
  // What cannot be removed names a process that has ended.
  await rm(stateFile(directory, key), { force: true }).catch(() => undefined);
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
