import { randomUUID } from 'node:crypto';
import type { Client, WorkflowHandle } from '@temporalio/client';
import { onTestFinished } from 'vitest';
import { type OrderActivities, summarizeBatch } from '../../src/activities/orders/index.ts';
import type { Reservation } from '../../src/inventory/inventory.ts';
import type { BatchCarry, ItemResult, OrderItem } from '../../src/contracts/orders.ts';
import { startWorker } from './workflow-harness.ts';

export interface StartedBatch {
  readonly handle: WorkflowHandle;
  /** What the item activity was given, in the order in which it started. */
  readonly seen: Reservation[];
  /** What the summary was made of, once for each time that it was made. */
  readonly summed: (readonly ItemResult[])[];
}

export interface BatchOptions {
  /** Awaited by each item's activity; every item is there unless it throws. */
  readonly process?: (item: Reservation) => Promise<void>;
  readonly workflow?: string;
  readonly carry?: BatchCarry;
  /** That the worker runs. */
  readonly activitiesAtOnce?: number;
}

/** Starts a batch over an inventory that has everything at 9.99, with a worker that goes with the test. */
export async function startBatch(client: Client, items: unknown, options: BatchOptions = {}): Promise<StartedBatch> {
  const { process, workflow = 'processBatch', carry, activitiesAtOnce } = options;
  const seen: Reservation[] = [];
  const summed: (readonly ItemResult[])[] = [];
  const activities: OrderActivities = {
    processItem: async (item) => {
      seen.push(item);
      await process?.(item);
      const reserved = item.quantity > 0;
      return { sku: item.sku, reserved, lineTotal: reserved ? (item.quantity * 999) / 100 : 0 };
    },
    summarizeBatch: (results) => {
      summed.push(results);
      return summarizeBatch(results);
    },
  };
  const worker = await startWorker(activities, {
    ...(activitiesAtOnce !== undefined && { maxConcurrentActivityTaskExecutions: activitiesAtOnce }),
  });
  onTestFinished(() => worker.stop());
  const args = [items, ...(carry ? [carry] : [])];
  const settings = { taskQueue: worker.taskQueue, workflowId: randomUUID(), args };
  return { handle: await client.workflow.start(workflow, settings), seen, summed };
}

/** So many different items. */
export function orderItems(count: number): OrderItem[] {
  return Array.from({ length: count }, (_, i) => ({ sku: `S${i}`, quantity: 1 + (i % 3) }));
}
