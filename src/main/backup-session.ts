import type { Logger } from 'pino';
import { Jobs } from '../client/jobs/jobs.ts';
import type { Config } from '../config.ts';
import { ExpectedError } from '../shared/failures.ts';
import { largeMessages } from './large-messages.ts';
import { startOwnWorker } from './own-worker.ts';
import { installRuntime } from './runtime.ts';
import { openStack } from './stack.ts';
import { openStorage } from './storage.ts';
import { connectClient, temporalTarget } from './temporal.ts';

/** What one run of the backup command works with. */
export interface BackupSession {
  readonly jobs: Jobs;
  /** Known when this process talks to the storage account itself. */
  readonly storageUrl?: string;
  /** Address of the page of a workflow, up to its id. */
  readonly webUi?: string;
  /** Rejects when the own worker dies of an error; never resolves. */
  readonly workerFailure: Promise<never>;
  close(): Promise<void>;
  /** Stops what was started for the run without waiting for the worker: for a process that exits right afterwards. */
  abandon(): Promise<void>;
}

export interface SessionOptions {
  readonly config: Config;
  readonly log: Logger;
  /** Whether this process runs the worker; otherwise others do. */
  readonly ownWorker: boolean;
  /** The directory to back up: the own worker may read it whatever `BACKUP_ROOTS` says. */
  readonly root: string;
  readonly report: (line: string) => void;
}

/** Starts what the environment does not name and connects to the rest. Throws an ExpectedError that says what is missing. */
export async function openBackupSession(options: SessionOptions): Promise<BackupSession> {
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

async function besideOwnWorker({ config, log, root, report }: SessionOptions, onClose: OnClose) {
  const stack = await openStack(config, report);
  onClose(() => stack.close());
  const dataConverter = largeMessages(config, stack.connectionString);
  const target = temporalTarget(stack.temporalAddress);
  const client = await connectClient(target, dataConverter);
  onClose(() => client.connection.close());

  installRuntime(log);
  const store = await openStorage(config, stack.connectionString);
  const worker = await startOwnWorker(config, target, store, { dataConverter, extraRoots: [root] });
  onClose(() => worker.stop());
  const workerFailure = worker.ended.then(() => never);
  // Whoever awaits it comes later; until then a failure must not count as nobody's.
  workerFailure.catch(() => undefined);
  return {
    jobs: new Jobs({ client, address: target.address, taskQueue: config.taskQueue }),
    storageUrl: store.url,
    ...webUiOf(config, target.namespace, stack.webUiUrl),
    workerFailure,
    abandon: () => stack.close(),
  };
}

// Where others run the worker they talk to storage, and nothing of the stack is needed here.
async function besideOthers({ config }: SessionOptions, onClose: OnClose) {
  const target = temporalTarget();
  // Without the account's name, what others kept there of a large result cannot be shown.
  const client = await connectClient(target, config.storage && largeMessages(config));
  onClose(() => client.connection.close());
  const jobs = new Jobs({ client, address: target.address, taskQueue: config.taskQueue });
  await requireWorkers(jobs, config.taskQueue, target.address);
  return { jobs, ...webUiOf(config, target.namespace), workerFailure: never, abandon: () => Promise.resolve() };
}

const never = new Promise<never>(() => undefined);

// The embedded server stops with the command, so its Web UI has to be started again to look back.
function webUiOf({ temporal }: Config, namespace: string, embedded?: string): { webUi?: string } {
  const path = `/namespaces/${namespace}/workflows`;
  if (embedded !== undefined) return { webUi: `\`npm run dev\`, then ${embedded}${path}` };
  return temporal.uiUrl === undefined ? {} : { webUi: `${temporal.uiUrl.replace(/\/$/u, '')}${path}` };
}

async function requireWorkers(jobs: Jobs, taskQueue: string, address: string): Promise<void> {
  if (await jobs.hasWorkers()) return;
  throw new ExpectedError(
    'StackUnavailable',
    `No worker polls the task queue ${taskQueue} at ${address}: start one with \`npm run worker\`, or add --worker to run one here`,
  );
}
