import {
  allHandlersFinished,
  ApplicationFailure,
  condition,
  isCancellation,
  makeContinueAsNewFunc,
  workflowInfo,
  ActivityCancellationType,
  proxyActivities,
} from '@temporalio/workflow';
import { failureTypes, nonRetryableFailureTypes } from '../contracts/failures.ts';
import { maxReportedFailures } from '../contracts/job.ts';
import {
  freshCarry,
  type BatchCarry,
  type BatchProgress,
  maxBatchItems,
  type BatchSummary,
  type ItemFailure,
  type ItemResult,
  type OrderItem,
} from '../contracts/orders.ts';
import { reasonOf } from './paged/step-failure.ts';
import { fanOut } from './paged/fan-out.ts';
import { createProgressReport, publish, published, type ProgressReport } from './paged/progress-report.ts';
import { createSuspension, type Suspension } from './paged/suspension.ts';
import type { OrderActivities } from '../activities/orders/index.ts';

/** Short database transactions, idempotent, tried again through an outage of about a minute. */
const { processItem, summarizeBatch } = proxyActivities<OrderActivities>({
  // The inventory gives up within about ten seconds; what takes longer died with its worker.
  startToCloseTimeout: '15s',
  // What a worker has begun when the batch is suspended or cancelled is done all the same, so its result counts.
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  retry: {
    initialInterval: '200ms',
    backoffCoefficient: 2,
    maximumInterval: '10s',
    maximumAttempts: 12,
    nonRetryableErrorTypes: [...nonRetryableFailureTypes],
  },
});

/** Activities under way at once; enough to keep every worker of the embedded server busy. */
const window = 200;
/** Items between two chances to continue as new; about 3,000 events. */
const chunkItems = 500;

/**
 * Processes every item of an order batch side by side, then sums them up. An item that fails does not hold up the others: the batch
 * then fails with `BatchIncomplete`, which names every failed item. Continues as new when Temporal suggests it.
 */
export async function processBatch(items: readonly OrderItem[], carry?: BatchCarry): Promise<BatchSummary> {
  checkItems(items);
  const begun = carry ?? freshCarry(workflowInfo().firstExecutionRunId, items);
  const report = createProgressReport(begun.progress, (now) => publishBatch(now));
  const suspension = createSuspension(report);
  const results = [...begun.results];
  const failures = [...begun.failures];

  const failed = new Set(failures.map(({ index }) => index));
  const pending = items.map((_, index) => index).filter((index) => !results[index] && !failed.has(index));
  while (pending.length > 0) {
    const chunk = pending.splice(0, chunkItems);
    failures.push(...(await processChunk(begun.batchId, items, chunk, { results, report, suspension })));
    report.milestone((now) => now);
    if (pending.length > 0 && workflowInfo().continueAsNewSuggested) {
      await condition(allHandlersFinished);
      const next = { batchId: begun.batchId, results, failures, progress: report.now() };
      return makeContinueAsNewFunc<typeof processBatch>(published(next))(items, next);
    }
  }

  await condition(allHandlersFinished);
  if (failures.length > 0) throw incomplete(items.length, { ...begun, results, failures, progress: report.now() });
  await suspension.gate();
  return suspension.recallable(() => summarizeBatch(results.flatMap((result) => result ?? [])));
}

/** The original sample's name for the same batch. */
export function ProcessBatchOrchestrator(items: readonly OrderItem[], carry?: BatchCarry): Promise<BatchSummary> {
  return processBatch(items, carry);
}

interface ChunkContext {
  readonly results: (ItemResult | null)[];
  readonly report: ProgressReport<BatchProgress>;
  readonly suspension: Suspension;
}

async function processChunk(
  batchId: string,
  items: readonly OrderItem[],
  chunk: readonly number[],
  { results, report, suspension }: ChunkContext,
): Promise<ItemFailure[]> {
  const process = async (index: number) => {
    const item = items[index] as OrderItem;
    results[index] = await suspension.recallable(() => processItem({ instanceId: batchId, index, ...item }));
    report.advance((now) => ({ ...now, processed: now.processed + 1 }));
  };
  const settled = await fanOut(chunk, process, { limit: window, gate: suspension.gate, stopOn: isCancellation });
  return settled.flatMap((outcome, i) => {
    if (outcome.status === 'fulfilled') return [];
    const index = chunk[i] as number;
    report.advance((now) => ({ ...now, failed: now.failed + 1 }));
    return [{ index, sku: items[index]?.sku ?? '', reason: reasonOf(outcome.reason) }];
  });
}

// Callers are checked at the edge; whoever starts the workflow past it gets a failed workflow, not one that hangs.
function checkItems(items: readonly OrderItem[]): void {
  if (Array.isArray(items) && items.length <= maxBatchItems) return;
  throw ApplicationFailure.nonRetryable(
    `a batch is an array of at most ${maxBatchItems} items`,
    failureTypes.invalidInput,
  );
}

/** `details` hold every failed item, and what a rewind starts from: the same without the failures. */
function incomplete(count: number, carry: BatchCarry): ApplicationFailure {
  const { failures, progress } = carry;
  const rewind: BatchCarry = { ...carry, failures: [], progress: { ...progress, failed: 0 } };
  const listed = failures.slice(0, maxReportedFailures).map(({ index, sku, reason }) => `#${index} ${sku}: ${reason}`);
  const unnamed = failures.length - listed.length;
  return ApplicationFailure.create({
    type: failureTypes.batchIncomplete,
    message: `${failures.length} of ${count} items failed: ${listed.join('; ')}${unnamed > 0 ? `; and ${unnamed} more` : ''}`,
    nonRetryable: true,
    details: [{ failures }, rewind],
  });
}

function publishBatch(progress: BatchProgress): void {
  const { total, processed, failed, suspended } = progress;
  publish(progress, [`**${suspended ? 'suspended' : 'processing'}** ${processed} of ${total} items, ${failed} failed`]);
}
