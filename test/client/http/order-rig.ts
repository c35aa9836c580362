import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { DataConverter } from '@temporalio/common';
import { expect, onTestFinished } from 'vitest';
import type { CatalogueRow, Inventory, UnknownSku } from '../../../src/inventory/inventory.ts';
import { openInventory } from '../../../src/inventory/open-inventory.ts';
import type { ManagementUris } from '../../../src/client/http/instances/answer-start.ts';
import { fastDirectory } from '../../support/fast-directory.ts';
import { locationOf, postJson, startApi, startWorker, untilEnded, type Api } from './harness.ts';

export interface OrderApi extends Api {
  readonly inventory: Inventory;
}

/** The HTTP API with a worker and an inventory of its own; both go with the test. */
export async function startOrderApi(
  options: {
    unknownSku?: UnknownSku;
    catalogue?: readonly CatalogueRow[];
    dataConverter?: DataConverter;
    maxCachedWorkflows?: number;
  } = {},
): Promise<OrderApi> {
  const { unknownSku, catalogue = [], dataConverter, maxCachedWorkflows } = options;
  const api = await startApi({ ...(dataConverter && { dataConverter }) });
  const inventory = await openTestInventory(unknownSku);
  await inventory.importCatalogue(catalogue);
  const { worker } = api.config;
  const config = {
    ...api.config,
    worker: { ...worker, ...(maxCachedWorkflows !== undefined && { maxCachedWorkflows }) },
  };
  await startWorker({ ...api, config }, { inventory });
  return { ...api, inventory };
}

/** An inventory of its own, which goes with the test: after a worker that is started later, for these run last first. */
export async function openTestInventory(unknownSku?: UnknownSku): Promise<Inventory> {
  const directory = await fastDirectory('durable-backup-inventory-');
  const inventory = await openInventory({
    file: join(directory, 'inventory.sqlite'),
    ...(unknownSku && { unknownSku }),
  });
  onTestFinished(async () => {
    await inventory.close();
    await rm(directory, { recursive: true, force: true });
  });
  return inventory;
}

export async function postBatch(url: string, items: unknown): Promise<Response> {
  return postJson(`${url}/api/batches`, JSON.stringify(items));
}

/** Starts many batches at once and polls each until it has ended, as completed. */
export async function expectAllToEnd(
  url: string,
  count: number,
  items: readonly object[],
  polling?: Parameters<typeof untilEnded>[1],
): Promise<void> {
  const starts = await Promise.all(Array.from({ length: count }, () => postBatch(url, items)));
  expect(new Set(starts.map(({ status }) => status))).toEqual(new Set([202]));
  const ended = await Promise.all(starts.map((start) => untilEnded(locationOf(start), polling)));
  const done = { total: items.length, processed: items.length, failed: 0, suspended: false };
  for (const { body } of ended) expect(body).toMatchObject({ runtimeStatus: 'Completed', customStatus: done });
}

export async function urisOf(response: Response): Promise<ManagementUris> {
  return (await response.json()) as ManagementUris;
}

/** The URI with its reason or event filled in, as clients do. */
export function filled(uri: string, text: string): string {
  return uri.replace('{text}', text).replace('{eventName}', text);
}

export function send(uri: string, method = 'POST'): Promise<Response> {
  return fetch(uri, { method });
}

/** So many items, all alike. */
export function times<T>(count: number, item: T): T[] {
  return Array.from({ length: count }, () => item);
}
