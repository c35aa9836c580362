import { workflowNames } from '../../../contracts/job.ts';
import { maxBatchItems, orderBatchSchema, type OrderItem } from '../../../contracts/orders.ts';
import { HttpProblem } from '../problem.ts';
import { matchNames } from '../read-object.ts';
import type { Body } from '../route.ts';
import { orchestratorPaths, startRoute } from './start.ts';

const body: Body<OrderItem[]> = {
  schema: orderBatchSchema.meta({
    id: 'OrderBatch',
    description: 'An order batch. Names of properties match without case',
  }),
  what: 'an array of items',
  kind: 'an array of items',
  example: [{ sku: 'A-1', quantity: 3 }],
  required: true,
  most: ({ maxBatchBytes }) => maxBatchBytes,
  read: readOrderBatch,
};

const begin = (_: unknown, items: OrderItem[]) => ({
  args: [items],
  summary: `Process ${items.length} order items`,
});

/** `POST /api/batches`, and the same by the names of its orchestrators. */
export const orderRoutes = [
  startRoute({
    path: '/api/batches',
    aliases: orchestratorPaths(workflowNames.processBatch),
    id: 'startBatch',
    tag: 'Orders',
    summary: 'Process a batch of order items.',
    body,
    workflow: workflowNames.processBatch,
    begin,
  }),
  startRoute({
    path: `/orchestrators/${workflowNames.processBatchOrchestrator}`,
    aliases: orchestratorPaths(workflowNames.processBatchOrchestrator).slice(1),
    id: 'startProcessBatchOrchestrator',
    tag: 'Orders',
    summary: 'Process a batch of order items, by the name that an orchestrator of Durable Functions would have.',
    body,
    workflow: workflowNames.processBatchOrchestrator,
    begin,
  }),
];

const maxNamed = 20;

/**
 * The items of a batch, their properties in camelCase whatever the caller's case. Throws an {@link HttpProblem}: 413 for more than
 * {@link maxBatchItems} items, else 400 naming the first wrong ones by their index.
 */
function readOrderBatch(value: unknown): OrderItem[] {
  if (!Array.isArray(value)) {
    throw new HttpProblem(400, 'The body must be an array of items, such as [{"sku":"A-1","quantity":3}]');
  }
  if (value.length > maxBatchItems) {
    throw new HttpProblem(413, `The batch has ${value.length} items; at most ${maxBatchItems} fit: split it`);
  }
  const { success, data, error } = orderBatchSchema.safeParse(
    value.map((item) => matchNames(item, ['sku', 'quantity'])),
  );
  if (success) return data;
  const wrong = byItem(error.issues);
  const named = [...wrong].slice(0, maxNamed).map(([index, reasons]) => `#${index} ${reasons.join(', ')}`);
  const more = wrong.size > maxNamed ? `; and ${wrong.size - maxNamed} more` : '';
  throw new HttpProblem(400, `${wrong.size} of ${value.length} items are wrong: ${named.join('; ')}${more}`);
}

interface Issue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

function byItem(issues: readonly Issue[]): Map<number, string[]> {
  const wrong = new Map<number, string[]>();
  for (const { path, message } of issues) {
    const [index, field] = path;
    const reason = field === undefined ? 'must be an object of sku and quantity' : `${String(field)} ${message}`;
    wrong.set(Number(index), [...(wrong.get(Number(index)) ?? []), reason]);
  }
  return wrong;
}
