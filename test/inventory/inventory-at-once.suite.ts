import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Inventory, Reservation } from '../../src/inventory/inventory.ts';
import type { InventoryLocation } from '../../src/inventory/open-inventory.ts';
import { lamp, line, type Rig } from './rig.ts';
import { reserveInProcess } from './reserve-in-process.ts';

const order = fc.record({
  sku: fc.constantFrom('A', 'B', 'C'),
  quantity: fc.integer({ min: -1, max: 8 }),
  /** Which connections ask for it, so that a line may be asked for several times at once. */
  askers: fc.array(fc.nat(1), { minLength: 1, maxLength: 3 }),
});
const stock = fc.integer({ min: 0, max: 30 });

/** What holds when many ask at once, also from other processes and from processes that are killed. */
export function inventoryAtOnceSuite(
  { stocked }: Rig,
  newLocation: () => Promise<InventoryLocation>,
  open: (location: InventoryLocation) => Promise<Inventory>,
): void {
  test('whatever is asked at once, nothing is sold twice, and what is left is what was there less what was reserved', async () => {
    const { inventory, another } = await stocked();
    const connections = [inventory, await another()] as const;
    let round = 0;
    const property = fc.asyncProperty(
      fc.array(order, { maxLength: 25 }),
      fc.tuple(stock, stock),
      async (orders, at) => {
        const instanceId = `round-${round++}`;
        const start = { A: at[0], B: at[1] };
        const skus = Object.entries(start).map(([sku, stock]) => ({ sku, priceCents: 999, stock }));
        await inventory.importCatalogue([...skus, { sku: 'C', priceCents: 1, stock: 'unlimited' }]);
        const asked = orders.flatMap(({ askers, ...item }, index) =>
          askers.map((asker) => ({ asker, request: { ...item, instanceId, index } })),
        );
        const results = await Promise.all(
          asked.map(({ asker, request }) => connections[asker as 0 | 1].reserve(request)),
        );

        const answers = new Map<number, { request: Reservation; reserved: boolean }>();
        for (const [i, { request }] of asked.entries()) {
          const reserved = results[i]?.reserved === true;
          expect(answers.get(request.index)?.reserved ?? reserved).toBe(reserved);
          answers.set(request.index, { request, reserved });
        }
        for (const [sku, before] of Object.entries(start)) {
          const ofSku = [...answers.values()].filter(({ request }) => request.sku === sku);
          const taken = ofSku
            .filter(({ reserved }) => reserved)
            .reduce((sum, { request }) => sum + request.quantity, 0);
          const left = Number(await inventory.stockOf(sku));
          expect(left).toBeGreaterThanOrEqual(0);
          expect(left).toBe(before - taken);
          // Stock only fell, so who was refused asked for more than is left now.
          const refused = ofSku.filter(({ request, reserved }) => !reserved && request.quantity > 0);
          for (const { request } of refused) expect(request.quantity).toBeGreaterThan(left);
        }
      },
    );
    await fc.assert(property, { numRuns: 60 });
  });

  test('of many who want the last pieces at once, as many get one as there are', async () => {
    const { inventory, another } = await stocked();
    const connections = [inventory, await another(), await another()] as const;
    const lines = Array.from({ length: 60 }, (_, i) => connections[(i % 3) as 0 | 1 | 2].reserve(line(1, i)));
    const results = await Promise.all(lines);
    expect(results.filter(({ reserved }) => reserved)).toHaveLength(10);
    expect(await inventory.stockOf('LAMP')).toBe(0);
  });

  test('one line asked for many times at once is reserved once', async () => {
    const { inventory, another } = await stocked([lamp, { sku: 'PEN', priceCents: 1, stock: 'unlimited' }]);
    const other = await another();
    for (const [index, sku] of ['LAMP', 'PEN'].entries()) {
      const asked = Array.from({ length: 20 }, (_, i) => (i % 2 ? inventory : other).reserve(line(4, index, sku)));
      expect(new Set((await Promise.all(asked)).map((result) => JSON.stringify(result))).size).toBe(1);
    }
    expect(await inventory.stockOf('LAMP')).toBe(6);
  });

  test('imports while others reserve leave a stock that one of the orders of events explains', async () => {
    const { inventory, another } = await stocked();
    const other = await another();
    const reserving = Array.from({ length: 40 }, (_, i) => other.reserve(line(1, i)));
    const importing = Array.from({ length: 10 }, () =>
      inventory.importCatalogue([
        { ...lamp, stock: 40 },
        { ...lamp, sku: 'PEN' },
      ]),
    );
    await Promise.all([...reserving, ...importing]);
    expect(Number(await inventory.stockOf('LAMP'))).toBeGreaterThanOrEqual(0);
    expect(Number(await inventory.stockOf('LAMP'))).toBeLessThanOrEqual(40);
  });

  test('many may open an inventory that is not there yet at once, from one process and from several', async () => {
    const location = { ...(await newLocation()), unknownSku: { priceCents: 999 } };
    const processes = ['one', 'two', 'three', 'four'].map((instanceId) =>
      reserveInProcess(location, { instanceId, sku: 'NEW', quantity: 1, lines: 5 }),
    );
    expect((await Promise.all(processes)).flat()).toEqual(Array.from({ length: 20 }, () => true));

    const another = await newLocation();
    const inventories = await Promise.all(Array.from({ length: 8 }, () => open(another)));
    await inventories[0]?.importCatalogue([lamp]);
    for (const inventory of inventories) expect(await inventory.stockOf('LAMP')).toBe(10);
  });

  test('processes at once share one stock', async () => {
    const { location, inventory } = await stocked([{ ...lamp, stock: 100 }]);
    const processes = ['one', 'two', 'three'].map((instanceId) =>
      reserveInProcess(location, { instanceId, sku: 'LAMP', quantity: 1, lines: 50 }),
    );
    const answers = (await Promise.all(processes)).flat();
    expect(answers).toHaveLength(150);
    expect(answers.filter(Boolean)).toHaveLength(100);
    expect(await inventory.stockOf('LAMP')).toBe(0);
  });

  test.each([1, 7, 40])(
    'a process killed after %i answers leaves them, and at most one more, and all can be repeated',
    async (count) => {
      const { location, inventory } = await stocked([{ ...lamp, stock: 1_000_000 }]);
      const killed = { instanceId: 'killed', sku: 'LAMP', quantity: 3 };
      // More answers may have been given between the one that made up the killer's mind and the kill.
      const answers = await reserveInProcess(location, { ...killed, lines: 300_000 }, count);
      expect(answers.length).toBeGreaterThanOrEqual(count);
      const reserved = () => inventory.stockOf('LAMP').then((left) => (1_000_000 - Number(left)) / 3);
      const done = await reserved();
      expect([answers.length, answers.length + 1]).toContain(done);
      for (let index = 0; index <= answers.length; index += 1) await inventory.reserve({ ...killed, index });
      expect(await reserved()).toBe(answers.length + 1);
    },
  );
}
