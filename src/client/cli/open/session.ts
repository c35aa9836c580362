import type { Logger } from 'pino';
import { Backups } from '../../../history/views/backups.ts';
import { Jobs } from '../../jobs/jobs.ts';
import type { Config } from '../../../config.ts';
import { ExpectedError, failureTypes } from '../../../contracts/failures.ts';
import { largeMessages } from './large-messages.ts';
import { openBackups, openStorage } from './storage.ts';
import { startOwnWorker, installRuntime } from './worker.ts';
import { openStack } from './stack.ts';
import { connectClient, temporalTarget } from './temporal.ts';

/** Where people see workflows. */
export interface WebUi {
  readonly url: string;
  readonly namespace: string;
  /** Whether it is there only while `dev` runs. */
  readonly embedded: boolean;
}

/** What one run of a command works with. */
export interface Session {
  /** Absent when only others know the storage account. */
  readonly backups?: Backups;
  /** Known when this process talks to the storage account itself. */
  readonly storageUrl?: string;
  /** Where the embedded storage keeps its data, when it is the one that is used. */
  readonly dataDir?: string | undefined;
  readonly webUi?: WebUi;
  /** Task queues that an instance may be on: a worker of this process serves one of its own unless told otherwise. */
  queuesOf(instanceId: string): readonly [string, ...string[]];
  jobsOn(taskQueue: string): Jobs;
  /**
   * Makes sure that somebody serves a task queue: a worker in this process, which may use `directories` whatever `BACKUP_ROOTS` says,
   * or those that run elsewhere. Throws an ExpectedError when nobody does, or when no worker has the name that is given.
   */
  serve(taskQueue: string, directories: readonly string[], workerName?: string): Promise<void>;
  /** Rejects when the own worker dies of an error, or the embedded servers run out of space; never resolves. */
  readonly failure: Promise<never>;
  close(): Promise<void>;
  /** Stops what was started for the command without waiting for the worker: for a process that exits right afterwards. */
  abandon(): Promise<void>;
}

export interface SessionOptions {
  readonly config: Config;
  readonly log: Logger;
  /** Whether this process runs the worker; otherwise others do. */
  readonly ownWorker: boolean;
  readonly report: (line: string) => void;
}

/** Starts what the environment does not name and connects to the rest. Throws an ExpectedError that says what is missing. */
export async function openSession(options: SessionOptions): Promise<Session> {
  const closing: (() => Promise<unknown>)[] = [];
  const close = async () => {
    for (const step of closing.splice(0).toReversed()) await step();
  };
  const onClose = (step: () => Promise<unknown>) => void closing.push(step);
  try {
    const session = options.ownWorker ? await besideOwnWorker(options, onClose) : await besideOthers(options, onClose);
    return { ...session, close };
  } catch (error) {
    await close();
    throw error;
  }
}

type OnClose = (step: () => Promise<unknown>) => void;

async function besideOwnWorker(
  { config, log, report }: SessionOptions,
  onClose: OnClose,
): Promise<Omit<Session, 'close'>> {
  const failure = Promise.withResolvers<never>();
  // Whoever awaits it comes later; until then a failure must not count as nobody's.
  failure.promise.catch(() => undefined);
  const stack = await openStack(config, report, { onFull: failure.reject });
  onClose(() => stack.close());
  const dataConverter = largeMessages(config, stack.connectionString);
  const target = temporalTarget(stack.temporalAddress);
  const client = await connectClient(target, dataConverter);
  onClose(() => client.connection.close());
  const store = await openStorage(config, stack.connectionString);
  const dataDir = stack.connectionString && config.embedded.dataDir;
  return {
    backups: new Backups({ store, prefix: config.prefix, place: dataDir }),
    storageUrl: store.url,
    dataDir,
    ...webUiOf(config, target.namespace, stack.webUi !== undefined),
    // A queue of its own: another worker, on another machine or with other roots, could not use the directory.
    queuesOf: (instanceId) => [`${config.taskQueue}-${instanceId}`, config.taskQueue],
    jobsOn: (taskQueue) => new Jobs({ client, address: target.address, taskQueue }),
    serve: async (taskQueue, directories) => {
      await installRuntime(log);
      const parts = { dataConverter, extraRoots: directories };
      // What others back up by a name of this worker's is for workers that stay.
      const own = { ...config, taskQueue, worker: { ...config.worker, names: [] } };
      const worker = await startOwnWorker(own, target, store, parts);
      onClose(() => worker.stop());
      worker.ended.catch(failure.reject);
    },
    failure: failure.promise,
    abandon: () => stack.close(),
  };
}

// Where others run the worker they talk to storage, and nothing of the stack is needed here.
async function besideOthers({ config }: SessionOptions, onClose: OnClose): Promise<Omit<Session, 'close'>> {
  const target = temporalTarget();
  // Without the account's name, what others kept there of a large result cannot be shown.
  const client = await connectClient(target, config.storage && largeMessages(config));
  onClose(() => client.connection.close());
  const jobsOn = (taskQueue: string) => new Jobs({ client, address: target.address, taskQueue });
  return {
    ...(config.storage && { backups: openBackups(config) }),
    ...webUiOf(config, target.namespace),
    queuesOf: () => [config.taskQueue],
    jobsOn,
    serve: async (taskQueue, _directories, workerName) => {
      await requireWorkers(jobsOn(taskQueue), taskQueue, target.address);
      if (workerName !== undefined) await requireWorker(jobsOn(taskQueue), workerName, target.address);
    },
    failure: new Promise(() => undefined),
    abandon: () => Promise.resolve(),
  };
}

// The embedded server stops with the command, so it has to be started again to look back; only `dev` shows its Web UI, on a port that is
// known beforehand unless any will do.
function webUiOf({ temporal, embedded }: Config, namespace: string, isEmbedded = false): { webUi?: WebUi } {
  if (isEmbedded) {
    const { uiPort } = embedded;
    return uiPort === 0 ? {} : { webUi: { url: `http://127.0.0.1:${uiPort}`, namespace, embedded: true } };
  }
  const { uiUrl } = temporal;
  return uiUrl === undefined ? {} : { webUi: { url: uiUrl.replace(/\/$/u, ''), namespace, embedded: false } };
}

async function requireWorkers(jobs: Jobs, taskQueue: string, address: string): Promise<void> {
  if (await jobs.hasWorkers()) return;
  throw new ExpectedError(
    'StackUnavailable',
    `No worker polls the task queue ${taskQueue} at ${address}: start one with \`durable-backup worker\`, or add --worker to run one here`,
  );
}

async function requireWorker(jobs: Jobs, name: string, address: string): Promise<void> {
  if (await jobs.hasWorkersCalled(name)) return;
  throw new ExpectedError(
    failureTypes.workerUnavailable,
    `No worker at ${address} is called ${name}: start one where its files are with WORKER_NAMES=${name}`,
  );
}
