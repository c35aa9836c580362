import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** A server of `durable-backup` as a process of its own, which can be killed. */
export interface MainProcess {
  /** The line of its log that told that it was ready. */
  readonly ready: string;
  /** Ends it as a power cut would: nothing is told, nothing is cleaned up. */
  readonly kill: () => Promise<void>;
  /** Asks it to end, as a service manager would. Resolves with its exit code. */
  readonly stop: () => Promise<number | null>;
}

/** Resolves once its log has a line that holds `readyText`; throws with the whole log when it ends before. */
export async function startMain(
  command: 'worker' | 'api',
  readyText: string,
  env: NodeJS.ProcessEnv,
): Promise<MainProcess> {
  const program = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
  const child = spawn(process.execPath, [program, command], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, ...env },
  });
  const ready = await lineWith(readyText, child, command);
  return { ready, kill: () => end(child, 'SIGKILL').then(() => undefined), stop: () => end(child, 'SIGTERM') };
}

async function lineWith(text: string, child: ChildProcess, command: string): Promise<string> {
  const log: string[] = [];
  for await (const line of createInterface({ input: child.stderr ?? process.stdin })) {
    log.push(line);
    if (line.includes(text)) {
      // Its log must go on being read, or a full pipe would stop it.
      child.stderr?.resume();
      return line;
    }
  }
  throw new Error(`${command} ended before it was ready:\n${log.join('\n')}`);
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  const exited = once(child, 'exit');
  child.kill(signal);
  await exited;
  return child.exitCode;
}
