import { randomInt, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, inject, onTestFinished, test } from 'vitest';
import { reservePort } from '../../src/embedded/ports.ts';
import { openInventory } from '../../src/inventory/open-inventory.ts';
import type { BatchSummary, ItemResult, OrderItem } from '../../src/contracts/orders.ts';
import { startApiProcess } from '../support/api-process.ts';
import { PersistentCaller, type Polled } from '../support/persistent-caller.ts';
import { createRandom, type Random } from '../support/random.ts';
import { restarted, type Restarted } from '../support/restarted.ts';
import { temporaryDirectory } from '../support/tree.ts';
import { startWorkerProcess } from '../support/worker-process.ts';

const batches = 20;
const itemsPerBatch = 60;
// Fourteen times a process has to start, which takes seconds each on a busy machine.
const patience = 400_000;
// Some 1,000 pieces are asked for of each: more than there are of two of them.
const catalogue = [
  { sku: 'LAMP', priceCents: 1050, stock: 600 },
  { sku: 'DESK', priceCents: 20_099, stock: 400 },
  { sku: 'CHAIR', priceCents: 7, stock: 9000 },
];

function order(batch: number): OrderItem[] {
  return Array.from({ length: itemsPerBatch }, (_, i) => ({
    sku: catalogue[(batch + i) % catalogue.length]?.sku ?? '',
    quantity: 1 + (i % 4),
  }));
}

test(
  'with API and workers killed at random moments every batch ends once, and the stock is what was not reserved',
  { timeout: patience },
  async () => {
    const root = await temporaryDirectory();
    const inventoryFile = join(root, 'inventory.sqlite');
    const inventory = await openInventory({ file: inventoryFile });
    onTestFinished(() => inventory.close());
    await inventory.importCatalogue(catalogue);
    const settings = { taskQueue: randomUUID(), container: `orders-${randomUUID()}`, root, inventoryFile };
    const worker = await restarted(() =>
      startWorkerProcess({ ...settings, connectionString: inject('connectionString') }),
    );
    const port = await freePort();
    const api = await restarted(() => startApiProcess({ ...settings, port }));
    const caller = new PersistentCaller(api.now().url);
    const { seed } = createRandom();
    process.stdout.write(`run it again like this with SEED=${seed}\n`);

    const starting = startBatches(caller, api, createRandom(seed + 1));
    const killing = [killNowAndThen(worker, 5, createRandom(seed + 2)), killNowAndThen(api, 4, createRandom(seed + 3))];
    const ids = await starting;
    const ended = Promise.all(ids.map((id) => caller.untilEnded(id)));
    await Promise.all(killing);
    const outcomes = (await ended).map(({ output }) => output as BatchSummary);

    expect(new Set(ids).size).toBe(batches);
    await expect
      .poll(async () =>
        (await caller.list()).map(({ instanceId, runtimeStatus }) => `${instanceId} ${runtimeStatus}`).toSorted(),
      )
      .toEqual(ids.map((id) => `${id} Completed`).toSorted());

    await api.kill();
    const polled = await Promise.all(ids.map((id) => caller.poll(id, '?showHistory=true&showHistoryOutput=true')));
    expect(polled.map(({ output }) => output)).toEqual(outcomes);
    expect(polled.map(endings)).toEqual(Array(batches).fill(1));
    const lines = polled.map(linesOf);
    expect(outcomes).toEqual(
      lines.map((results) => ({
        processed: itemsPerBatch,
        reserved: results.filter(({ reserved }) => reserved).length,
        total: results.reduce((cents, { lineTotal }) => cents + Math.round(lineTotal * 100), 0) / 100,
      })),
    );
    const left = await Promise.all(catalogue.map(({ sku }) => inventory.stockOf(sku)));
    const reserved = catalogue.map(({ sku, priceCents }) => piecesOf(lines.flat(), sku, priceCents));
    expect(left).toEqual(catalogue.map(({ stock }, i) => stock - (reserved[i] ?? 0)));
    expect(Math.min(...reserved)).toBeGreaterThan(0);
    process.stdout.write(
      `${batches} batches of ${itemsPerBatch} ended once each; API killed ${api.kills()} times, worker ${worker.kills()}; ` +
        `${caller.polls} polls answered, ${caller.repeated} requests repeated; ` +
        `reserved ${outcomes.reduce((sum, outcome) => sum + outcome.reserved, 0)} lines, ${reserved.join(' + ')} pieces; left ${left.join(' + ')}\n`,
    );
  },
);

/**
 * One that no other process is given by chance while the API is down: systems hand out those from 32,768 on. Whatever listened there
 * would answer in its place; Azurite, for one, answers a start with an empty 400.
 */
async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(20_000, 30_000);
    const free = await reservePort({ port, purpose: 'the API', setting: 'PORT' }).catch(() => undefined);
    if (free !== undefined) return free;
  }
}

/** Starts all batches, a few at a time, and kills the API while some of the starts are under way. */
async function startBatches(caller: PersistentCaller, api: Restarted<unknown>, random: Random): Promise<string[]> {
  const ids: Promise<string>[] = [];
  for (let batch = 0; batch < batches; batch += 1) {
    ids.push(caller.start(order(batch), randomUUID()));
    await sleep(random.between(0, 40));
    if (batch % 5 === 1) await api.kill();
  }
  return Promise.all(ids);
}

async function killNowAndThen(process: Restarted<unknown>, times: number, random: Random): Promise<void> {
  for (let kill = 0; kill < times; kill += 1) {
    await sleep(random.between(50, 900));
    await process.kill();
  }
}

function endings({ historyEvents = [] }: Polled): number {
  return historyEvents.filter(({ EventType }) => EventType === 'ExecutionCompleted').length;
}

/** What the items' activities answered, each once. */
function linesOf({ historyEvents = [] }: Polled): ItemResult[] {
  return historyEvents
    .filter(({ EventType, FunctionName }) => EventType === 'TaskCompleted' && FunctionName === 'processItem')
    .map(({ Result }) => Result as ItemResult);
}

/** Pieces that were reserved of an article, from what was charged for them. */
function piecesOf(lines: readonly ItemResult[], sku: string, priceCents: number): number {
  const cents = lines
    .filter((line) => line.sku === sku)
    .reduce((sum, { lineTotal }) => sum + Math.round(lineTotal * 100), 0);
  return cents / priceCents;
}
