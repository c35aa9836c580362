import { parseArgs } from 'node:util';
import { benchCopy } from './copy.ts';
import { benchOrders } from './orders.ts';
import { benchPolls } from './polls.ts';

/** `npm run bench -- orders [--work MS]`, `polls` and `copy [--files N] [--rounds N] [--storage CONNECTION_STRING]`. */
const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    work: { type: 'string', default: '0' },
    files: { type: 'string', default: '20000' },
    rounds: { type: 'string', default: '5' },
    storage: { type: 'string' },
  },
});
const benches: Readonly<Record<string, () => Promise<void>>> = {
  orders: () => benchOrders(Number(values.work)),
  polls: benchPolls,
  copy: () => benchCopy({ files: Number(values.files), rounds: Number(values.rounds), storage: values.storage }),
};
const bench = benches[positionals[0] ?? ''];
if (!bench) {
  console.error(
    'error: name what to measure: npm run bench -- orders [--work MS], npm run bench -- polls, or ' +
      'npm run bench -- copy [--files N] [--rounds N] [--storage CONNECTION_STRING]',
  );
  process.exit(1);
}
await bench();
