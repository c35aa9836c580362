import { join } from 'node:path';
import { ApplicationFailure } from '@temporalio/activity';
import { MockActivityEnvironment } from '@temporalio/testing';
import * as fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { createOrderActivities } from '../../../src/activities/orders/index.ts';
import type { UnknownSku } from '../../../src/inventory/inventory.ts';
import { toAmount } from '../../../src/inventory/money.ts';
import { openInventory } from '../../../src/inventory/open-inventory.ts';
import type { ItemResult } from '../../../src/contracts/orders.ts';
import { temporaryDirectory } from '../../support/tree.ts';

async function openRig(unknownSku?: UnknownSku) {
  const file = join(await temporaryDirectory(), 'inventory.sqlite');
  const inventory = await openInventory({ file, ...(unknownSku && { unknownSku }) });
  onTestFinished(() => inventory.close());
  const { processItem, summarizeBatch } = createOrderActivities({ inventory });
  const perform = <A extends unknown[], R>(activity: (...args: A) => Promise<R>, ...args: A): Promise<R> =>
    new MockActivityEnvironment().run(activity, ...args);
  return {
    inventory,
    process: (sku: string, quantity: number, index = 0) =>
      perform(processItem, { instanceId: 'order-1', index, sku, quantity }),
    summarize: (results: readonly ItemResult[]) => perform(summarizeBatch, results),
  };
}

async function failureOf(work: Promise<unknown>): Promise<ApplicationFailure> {
  const error: unknown = await work.catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ApplicationFailure);
  return error as ApplicationFailure;
}

test('with nothing imported a batch comes out as in the original sample', async () => {
  const { process, summarize } = await openRig();
  const results = [
    await process('A1', 3, 0),
    await process('B2', 0, 1),
    await process('C3', -2, 2),
    await process('A1', 1, 3),
  ];
  expect(results).toEqual([
    { sku: 'A1', reserved: true, lineTotal: 29.97 },
    { sku: 'B2', reserved: false, lineTotal: 0 },
    { sku: 'C3', reserved: false, lineTotal: 0 },
    { sku: 'A1', reserved: true, lineTotal: 9.99 },
  ]);
  expect(await summarize(results)).toEqual({ processed: 4, reserved: 2, total: 39.96 });
});

test('an attempt after one whose answer was lost reserves nothing more', async () => {
  const { process, inventory } = await openRig();
  await inventory.importCatalogue([{ sku: 'A1', priceCents: 100, stock: 5 }]);
  expect(await process('A1', 4)).toEqual(await process('A1', 4));
  expect(await inventory.stockOf('A1')).toBe(1);
});

test('an unknown SKU and a changed line fail for good; a database that is away is tried again', async () => {
  const { process, inventory } = await openRig('reject');
  expect(await failureOf(process('A1', 1))).toMatchObject({ type: 'UnknownSku', nonRetryable: true });
  await inventory.importCatalogue([{ sku: 'A1', priceCents: 100, stock: 5 }]);
  await process('A1', 1);
  expect(await failureOf(process('A1', 2))).toMatchObject({ type: 'InvalidInput', nonRetryable: true });
  await inventory.close();
  const away = await failureOf(process('A1', 3, 1));
  expect(away).toMatchObject({ type: 'InventoryUnavailable', nonRetryable: false });
  expect(away.message).toContain(inventory.address);
});

test('the sum of a batch is exact, in any order and up to the largest', async () => {
  const { summarize } = await openRig();
  const same = Array.from({ length: 10_000 }, () => ({ sku: 'A1', reserved: true, lineTotal: 9.99 }));
  expect(await summarize(same)).toEqual({ processed: 10_000, reserved: 10_000, total: 99_900 });
  expect(await summarize([])).toEqual({ processed: 0, reserved: 0, total: 0 });
  const property = fc.asyncProperty(fc.array(fc.nat(100_000_000_000), { size: 'large' }), async (lines) => {
    const results = lines.map((cents) => ({ sku: 'A1', reserved: cents > 0, lineTotal: toAmount(cents) }));
    const total = Number(lines.reduce((sum, cents) => sum + BigInt(cents), 0n)) / 100;
    const reserved = lines.filter((cents) => cents > 0).length;
    expect(await summarize(results)).toEqual({ processed: lines.length, reserved, total });
  });
  await fc.assert(property);
});
