import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { BlobServiceClient, type ContainerClient } from '@azure/storage-blob';
import { Context } from '@temporalio/activity';
import { Client, Connection } from '@temporalio/client';
import { ApplicationFailure, defaultPayloadConverter, type DataConverter, type Payload } from '@temporalio/common';
import { bundleWorkflowCode, DefaultLogger, type WorkflowBundleWithSourceMap } from '@temporalio/worker';
import { beforeAll, inject, onTestFinished } from 'vitest';
import { createDataConverter } from '../../../src/storage/large-messages/data-converter.ts';
import { startOwnTemporal } from '../../support/own-temporal.ts';
import { startWorker, type RunningWorker } from '../../support/workflow-harness.ts';

export const kilobyte = 1024;
export const megabyte = 1024 * kilobyte;

/** Of a test of its own; not created yet. */
export function newContainer(connectionString: string = inject('connectionString')): ContainerClient {
  const service = BlobServiceClient.fromConnectionString(connectionString, { retryOptions: { maxTries: 1 } });
  return service.getContainerClient(`messages-${randomUUID()}`);
}

/** The same container past whatever stands between. */
export function directly(container: ContainerClient): ContainerClient {
  return BlobServiceClient.fromConnectionString(inject('connectionString')).getContainerClient(container.containerName);
}

export async function blobNames(container: ContainerClient): Promise<string[]> {
  const blobs = await Array.fromAsync(container.listBlobsFlat());
  return blobs.map(({ name }) => name);
}

export function payloadOf(value: unknown): Payload {
  return defaultPayloadConverter.toPayload(value);
}

export function valueOf(payload: Payload | undefined): unknown {
  return defaultPayloadConverter.fromPayload(payload ?? {});
}

/** Text that does not repeat: what is stored must not be small by chance. */
export function largeText(bytes: number, seed = ''): string {
  const pieces = Array.from({ length: Math.ceil(bytes / 64) }, (_, i) =>
    createHash('sha256').update(`${seed}/${i}`).digest('hex'),
  );
  return pieces.join('').slice(0, bytes);
}

const connections = new Map<string, Promise<Connection>>();
let own: { readonly address: string } | undefined;

/** Gives the tests of a file a Temporal server on which only they run anything. */
export function useOwnTemporal(): void {
  beforeAll(async () => {
    const server = await startOwnTemporal();
    own = server;
    return async () => {
      own = undefined;
      await (await connections.get(server.address))?.close();
      connections.delete(server.address);
      await server.stop();
    };
  });
}

function temporalAddress(): string {
  return own?.address ?? inject('temporalAddress');
}

export async function newClient(dataConverter?: DataConverter): Promise<Client> {
  const address = temporalAddress();
  const connecting = connections.get(address) ?? Connection.connect({ address });
  connections.set(address, connecting);
  return new Client({ connection: await connecting, ...(dataConverter && { dataConverter }) });
}

let bundle: Promise<WorkflowBundleWithSourceMap> | undefined;

export function workflowBundle(): Promise<WorkflowBundleWithSourceMap> {
  const workflowsPath = fileURLToPath(new URL('echo-workflows.ts', import.meta.url));
  bundle ??= bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('ERROR') });
  return bundle;
}

const activities = {
  make: (bytes: number) => Promise.resolve(largeText(bytes)),
  measure: (...values: string[]) => Promise.resolve(values.map((value) => value.length)),
  fail: (letter: string) =>
    Promise.reject(ApplicationFailure.nonRetryable('on purpose', 'OnPurpose', letter.repeat(70_000))),
  beatAndWait: async (letter: string) => {
    const { heartbeat, cancelled } = Context.current();
    heartbeat(letter.repeat(80_000));
    await cancelled;
  },
};

/** A worker that goes with the test. */
export async function newWorker(dataConverter?: DataConverter, taskQueue?: string): Promise<RunningWorker> {
  const worker = await startWorker(activities, {
    address: temporalAddress(),
    workflowBundle: await workflowBundle(),
    ...(dataConverter && { dataConverter }),
    ...(taskQueue !== undefined && { taskQueue }),
  });
  onTestFinished(() => worker.stop());
  return worker;
}

export interface Rig {
  readonly container: ContainerClient;
  readonly dataConverter: DataConverter;
  readonly client: Client;
}

export async function openRig(): Promise<Rig> {
  const container = newContainer();
  onTestFinished(async () => void (await container.deleteIfExists()));
  const dataConverter = createDataConverter({ container });
  return { container, dataConverter, client: await newClient(dataConverter) };
}

export async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(50);
}
