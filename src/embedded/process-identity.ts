import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

import { runCommand } from './programs.ts';

/** One process, told apart from a later one that was given the same number. */
export interface ProcessIdentity {
  readonly pid: number;
  /** When it started, in the operating system's own notation; empty where the system does not tell. */
  readonly started: string;
}

/** The identity of a process that runs now, or undefined when there is none (a zombie counts as none). */
export async function identifyProcess(pid: number): Promise<ProcessIdentity | undefined> {
  if (!exists(pid)) return undefined;
  if (process.platform === 'linux') return identifyOnLinux(pid);
  if (process.platform === 'win32') return { pid, started: '' };
  // Two users may have different languages and time zones; the answer must be the same for both.
  const question = ['LC_ALL=C', 'TZ=UTC', 'ps', '-o', 'lstart=', '-p', String(pid)];
  const { code, output } = await runCommand('env', question, { timeout: 5_000 });
  return { pid, started: code === 0 ? output : '' };
}

/** Whether the very process that was identified earlier still runs. */
export async function isRunning(identity: ProcessIdentity): Promise<boolean> {
  return (await identifyProcess(identity.pid))?.started === identity.started;
}

/**
 * Ends a process with SIGTERM and waits for it; after `patience` ms it is killed. Returns at once when it does not run any more.
 * On Windows, which has no SIGTERM, the process is ended at once.
 */
export async function endProcess(identity: ProcessIdentity, patience: number): Promise<void> {
  for (const [signal, limit] of [['SIGTERM', patience] as const, ['SIGKILL', 5_000] as const]) {
    if (!(await isRunning(identity))) return;
    kill(identity.pid, signal);
    for (let waited = 0; waited < limit; waited += 25) {
      if (!(await isRunning(identity))) return;
      await sleep(25);
    }
  }
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended by itself in between.
  }
}

async function identifyOnLinux(pid: number): Promise<ProcessIdentity | undefined> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    // The second field is the program's name in brackets, which may hold spaces and brackets of its own.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state] = fields;
    return state === 'Z' || state === 'X' ? undefined : { pid, started: fields[19] ?? '' };
  } catch {
    return undefined;
  }
}
