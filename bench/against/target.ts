import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { BlobServiceClient, ContainerSASPermissions, RestError } from '@azure/storage-blob';
import { azuriteConnectionString } from '../../src/embedded/azurite.ts';
import { messageOf } from '../../src/lib/message-of.ts';
import type { Counts } from '../blob-target/counts.ts';
import { statsPath, type BlobTargetOptions } from '../blob-target/server.ts';
import { BenchError } from '../bench-error.ts';
import type { Closing } from '../closing.ts';
import { startProcess } from '../own-process.ts';
import { openAzurite } from '../servers.ts';

/** The storage account that all tools write to. */
export interface Target {
  /** What it is, for reports. */
  readonly about: string;
  readonly connectionString: string;
  /** Of the connection string. */
  readonly account: string;
  readonly key: string;
  readonly endpoint: string;
  /** Makes a container empty, or new. */
  readonly empty: (container: string) => Promise<void>;
  /** Of what does not end with the bench by itself. */
  readonly remove: (container: string) => Promise<void>;
  /** The URL of a container or a folder in it, good for a day. */
  readonly sasUrl: (container: string, folder: string) => Promise<string>;
  /** What it was asked so far; only of the bench's own. */
  readonly counts?: () => Promise<Counts>;
}

export interface TargetChoice extends BlobTargetOptions {
  /** A connection string with a key, or `azurite`; the bench's own fast target without it. */
  readonly storage?: string | undefined;
}

export async function openTarget(
  closing: Closing,
  directory: string,
  { storage, ...options }: TargetChoice,
): Promise<Target> {
  if (storage === undefined) return openFastTarget(closing, options);
  if (storage !== 'azurite') return accountTarget(storage, 'the one that --storage names');
  const { connectionString = '' } = await openAzurite(closing, join(directory, 'azurite'));
  return endsByItself(accountTarget(connectionString, 'an embedded Azurite'));
}

/** A fast target of the bench's own, in a process of its own. */
export async function openFastTarget(closing: Closing, options: BlobTargetOptions): Promise<CountingTarget> {
  const { delay, keep } = options;
  const program = {
    entry: new URL('../blob-target/main.ts', import.meta.url),
    args: ['--delay', String(delay), '--keep', keep],
    // What is known of a million blobs takes more than Node allows by itself.
    nodeOptions: ['--max-old-space-size=8192'],
  };
  const { ready } = await startProcess(closing, program, /blob target at http:\/\/127\.0\.0\.1:(\d+)/u);
  const port = Number(ready[1]);
  const late = delay > 0 ? `, each answer ${delay} ms late` : '';
  const kept = keep === '' ? 'keeps all content' : "throws the files' content away";
  return {
    ...endsByItself(
      accountTarget(azuriteConnectionString(port), `the bench's own on this machine, which ${kept}${late}`),
    ),
    counts: async () => (await (await fetch(`http://127.0.0.1:${port}${statsPath}`)).json()) as Counts,
  };
}

export type CountingTarget = Target & Required<Pick<Target, 'counts'>>;

/** A target that is gone at the end of the bench with all that is in it, maybe before it could be asked to remove anything. */
export function endsByItself(target: Target): Target {
  return { ...target, remove: () => Promise.resolve() };
}

/** Throws a `BenchError` when the connection string has no key or cannot be read. */
export function accountTarget(connectionString: string, about: string): Target {
  const service = openService(connectionString);
  const remove = async (container: string) => void (await service.getContainerClient(container).deleteIfExists());
  return {
    about,
    connectionString,
    account: service.accountName,
    key: keyOf(connectionString),
    endpoint: service.url.replace(/\/$/u, ''),
    empty: async (container) => {
      await remove(container);
      await create(service, container);
    },
    remove,
    sasUrl: async (container, folder) => {
      const permissions = ContainerSASPermissions.parse('racwdl');
      const expiresOn = new Date(Date.now() + 24 * 60 * 60 * 1000);
      const url = new URL(await service.getContainerClient(container).generateSasUrl({ permissions, expiresOn }));
      url.pathname += `/${folder}`;
      return url.href;
    },
  };
}

function openService(connectionString: string): BlobServiceClient {
  try {
    if (keyOf(connectionString) !== '') return BlobServiceClient.fromConnectionString(connectionString);
  } catch (error) {
    throw unusable(messageOf(error));
  }
  throw unusable('it has no AccountKey');
}

function keyOf(connectionString: string): string {
  return /(?:^|;)AccountKey=([^;]+)/u.exec(connectionString)?.[1] ?? '';
}

function unusable(reason: string): BenchError {
  const wanted = 'azurite or the connection string of an account with its key';
  return new BenchError(`--storage must be ${wanted} (${reason})`);
}

// Azure takes half a minute or more to forget a container.
async function create(service: BlobServiceClient, container: string): Promise<void> {
  for (;;) {
    try {
      await service.getContainerClient(container).create();
      return;
    } catch (error) {
      if (!(error instanceof RestError) || error.code !== 'ContainerBeingDeleted') throw error;
      await sleep(1000);
    }
  }
}
