import { randomUUID } from 'node:crypto';
import type { Client, WorkflowHandle } from '@temporalio/client';
import { onTestFinished } from 'vitest';
import { AzureBlobStorageDriver } from '../../../src/storage/large-messages/azure-blob-storage-driver.ts';
import { payloadOf, until, type Rig } from './rig.ts';

const context = { target: { kind: 'workflow', namespace: 'default' } } as const;
/** With it every blob is old. */
export const noGrace = { graceMs: 0 };

export async function storeOrphans({ container }: Pick<Rig, 'container'>, ...contents: unknown[]): Promise<string[]> {
  const claims = await new AzureBlobStorageDriver({ container }).store(context, contents.map(payloadOf));
  return claims.map(({ claimData }) => claimData['blob'] ?? '');
}

/** Nobody works on it: it is open until it is terminated. */
export async function startUnattended(client: Client, argument: string): Promise<WorkflowHandle> {
  const workflowId = `unattended-${randomUUID()}`;
  const handle = await client.workflow.start('echo', {
    taskQueue: `nobody-${workflowId}`,
    workflowId,
    args: [argument],
  });
  onTestFinished(async () => void (await handle.terminate().catch(() => undefined)));
  // A listing is what prune goes by, and new executions take a moment to be listed.
  await until(async () => (await client.workflow.count(`WorkflowId = '${workflowId}'`)).count > 0);
  return handle;
}

interface ServiceRequest {
  readonly execution?: { readonly workflowId?: string };
}

/** The client, with something done before each request of one kind, whose error is the answer, and to each answer. */
export function intercepted(
  client: Client,
  method: string,
  before: (request: ServiceRequest) => unknown,
  after: (response: unknown) => void = () => undefined,
): Client {
  const service = new Proxy(client.workflowService, {
    get: (target, key) => {
      const real = Reflect.get(target, key) as (this: unknown, request: object) => Promise<unknown>;
      if (key !== method) return real.bind(target);
      return async (request: object) => {
        await before(request);
        const response = await real.call(target, request);
        after(response);
        return response;
      };
    },
  });
  return Object.create(client, { workflowService: { value: service } }) as Client;
}
