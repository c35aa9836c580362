import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { inject } from 'vitest';

const entry = fileURLToPath(new URL('../../src/main/worker.ts', import.meta.url));

/** `npm run worker` as a process of its own, which can be killed. */
export interface WorkerProcess {
  /** Ends it as a power cut would: nothing is told, nothing is cleaned up. */
  readonly kill: () => Promise<void>;
  /** Asks it to end, as a service manager would. Resolves with its exit code. */
  readonly stop: () => Promise<number | null>;
}

export interface WorkerSettings {
  readonly connectionString: string;
  readonly taskQueue: string;
  readonly container: string;
  readonly root: string;
  /** SQLite file of the inventory; one that goes with the test run unless given. */
  readonly inventoryFile?: string;
}

/** Resolves once it polls for work. */
export async function startWorkerProcess({
  connectionString,
  taskQueue,
  container,
  root,
  inventoryFile = join(dirname(inject('workflowBundlePath')), 'inventory.sqlite'),
}: WorkerSettings): Promise<WorkerProcess> {
  const child = spawn(process.execPath, [entry], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: {
      ...process.env,
      TEMPORAL_ADDRESS: inject('temporalAddress'),
      AZURE_STORAGE_CONNECTION_STRING: connectionString,
      TASK_QUEUE: taskQueue,
      BACKUP_CONTAINER: container,
      BACKUP_ROOTS: root,
      INVENTORY_FILE: inventoryFile,
      DURABLE_BACKUP_WORKFLOW_BUNDLE: inject('workflowBundlePath'),
    },
  });
  await running(child);
  return { kill: () => end(child, 'SIGKILL').then(() => undefined), stop: () => end(child, 'SIGTERM') };
}

async function running(child: ChildProcess): Promise<void> {
  const log: string[] = [];
  for await (const line of createInterface({ input: child.stderr ?? process.stdin })) {
    log.push(line);
    if (line.includes('worker is running')) {
      // Its log must go on being read, or a full pipe would stop it.
      child.stderr?.resume();
      return;
    }
  }
  throw new Error(`the worker ended before it ran:\n${log.join('\n')}`);
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  const exited = once(child, 'exit');
  child.kill(signal);
  await exited;
  return child.exitCode;
}
