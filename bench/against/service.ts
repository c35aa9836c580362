import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { startProcess, type OwnProcess } from '../own-process.ts';
import { openTemporal } from '../servers.ts';
import type { BenchKit } from './bench-kit.ts';

/** This project up and running: a Temporal server and workers in processes of their own, with their defaults. */
export interface Service {
  readonly client: Client;
  readonly taskQueue: string;
  /** Where backups go; it is there. */
  readonly container: string;
  readonly workers: readonly OwnProcess[];
  /** Of Temporal's server. */
  readonly serverPid: number;
  /** One worker more, beside those in `workers`. */
  readonly startWorker: () => Promise<OwnProcess>;
}

export async function openService(kit: BenchKit, workers: number): Promise<Service> {
  const { closing, directory, target, profile } = kit;
  const dataDir = join(directory, `service-${randomUUID().slice(0, 8)}`);
  const taskQueue = 'bench';
  const address = await openTemporal(closing, dataDir);
  const connection = await closing.open(
    () => Connection.connect({ address }),
    (opened) => opened.close(),
  );
  const container = await kit.newContainer();
  const env = {
    TEMPORAL_ADDRESS: address,
    TASK_QUEUE: taskQueue,
    AZURE_STORAGE_CONNECTION_STRING: target.connectionString,
    BACKUP_CONTAINER: container,
    BACKUP_ROOTS: directory,
    DATA_DIR: join(dataDir, 'data'),
  };
  const nodeOptions = profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`];
  const program = { entry: new URL('../../src/main.ts', import.meta.url), args: ['worker'], env, nodeOptions };
  const startWorker = () => startProcess(closing, program, /worker is running/u);
  return {
    client: new Client({ connection }),
    taskQueue,
    container,
    workers: await Promise.all(Array.from({ length: workers }, startWorker)),
    serverPid: await serverPid(dataDir),
    startWorker,
  };
}

/** The embedded stack leaves beside its data which process each server is. */
async function serverPid(dataDir: string): Promise<number> {
  const state = JSON.parse(await readFile(join(dataDir, 'stack', 'temporal.json'), 'utf8')) as { pid: number };
  return state.pid;
}
