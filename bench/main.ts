import { parseArgs } from 'node:util';
import { benchOrders } from './orders.ts';
import { benchPolls } from './polls.ts';

/** `npm run bench -- orders [--work MS]` and `npm run bench -- polls` */
const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { work: { type: 'string', default: '0' } },
});
const benches: Readonly<Record<string, () => Promise<void>>> = {
  orders: () => benchOrders(Number(values.work)),
  polls: benchPolls,
};
const bench = benches[positionals[0] ?? ''];
if (!bench) {
  console.error('error: name what to measure: npm run bench -- orders [--work MS], or npm run bench -- polls');
  process.exit(1);
}
await bench();
