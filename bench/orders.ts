import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { summarizeBatch } from '../src/activities/orders/index.ts';
import type { Closing } from './closing.ts';
import { median } from './median.ts';
import { openRig } from './rig.ts';

const count = 500;
const rounds = 5;
/** What the article on fan-out quotes for one instance. Items a second. */
const quoted = { series: 5, fannedOut: 100 };

/** Times 500 items fanned out against the same items awaited one by one, in turn, on an embedded server of its own. */
export async function benchOrders(closing: Closing, work: number): Promise<void> {
  const { client, taskQueue } = await openRig(closing, {
    processItem: async ({ sku, quantity }) => {
      if (work > 0) await sleep(work);
      return { sku, reserved: quantity > 0, lineTotal: quantity * 9.99 };
    },
    summarizeBatch,
  });
  const items = Array.from({ length: count }, (_, i) => ({ sku: `SKU-${i}`, quantity: 1 }));
  const time = async (workflow: string) => {
    const began = performance.now();
    await client.workflow.execute(workflow, { taskQueue, workflowId: randomUUID(), args: [items] });
    return count / ((performance.now() - began) / 1000);
  };
  await time('processBatch');
  const rates: { series: number; fannedOut: number }[] = [];
  for (let round = 0; round < rounds; round += 1) {
    rates.push({ series: await time('processBatchInSeries'), fannedOut: await time('processBatch') });
  }
  report(work, rates);
}

function report(work: number, rates: readonly { series: number; fannedOut: number }[]): void {
  const series = rates.map((rate) => rate.series);
  const fannedOut = rates.map((rate) => rate.fannedOut);
  const ratios = rates.map((rate) => rate.fannedOut / rate.series);
  const row = (name: string, values: readonly number[], unit: string) =>
    console.log(
      `${name.padEnd(22)}${median(values).toFixed(1)}${unit} (${Math.min(...values).toFixed(1)} to ${Math.max(...values).toFixed(1)})`,
    );
  console.log(`${count} items, ${work} ms of work each, ${rates.length} rounds in turn: median (least to most)`);
  row('one by one', series, ' items/s');
  row('fanned out', fannedOut, ' items/s');
  row('fanned out / one by one', ratios, '×');
  console.log(`an article on the pattern quotes ${quoted.series} and ${quoted.fannedOut} items/s`);
}
