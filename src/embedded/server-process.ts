import { spawn } from 'node:child_process';
import { open, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

import { ExpectedError } from '../contracts/failures.ts';
import type { SocketAddress } from './closed-address.ts';
import { endProcess, identifyProcess, isRunning, type ProcessIdentity } from './process-identity.ts';
import { privateUmask } from './private-data.ts';
import { lastLines } from './run-command.ts';

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
export class EndedWhileStarting extends ExpectedError {
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
export async function waitUntilReady(
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
