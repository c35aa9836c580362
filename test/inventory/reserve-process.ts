import { openInventory } from '../../src/inventory/open-inventory.ts';

// Reserves lines of one SKU, one after another, and prints the index of each that was answered: a process that tests can kill.
const [location = '', instanceId = '', sku = '', quantity = '', lines = ''] = process.argv.slice(2);

const inventory = await openInventory(JSON.parse(location) as Parameters<typeof openInventory>[0]);
for (let index = 0; index < Number(lines); index += 1) {
  const { reserved } = await inventory.reserve({ instanceId, index, sku, quantity: Number(quantity) });
  process.stdout.write(`${index} ${reserved}\n`);
}
await inventory.close();
