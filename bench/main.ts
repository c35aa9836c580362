import { parseArgs } from 'node:util';
import { benchOrders } from './orders.ts';

/** `npm run bench -- orders [--work MS]` */
const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { work: { type: 'string', default: '0' } },
});
if (positionals[0] !== 'orders') {
  console.error('error: name what to measure: npm run bench -- orders [--work MS]');
  process.exit(1);
}
await benchOrders(Number(values.work));
