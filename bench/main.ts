import { parseArgs } from 'node:util';
import { benchAgainst } from './against/bench-against.ts';
import { benchCopy } from './copy.ts';
import { benchOrders } from './orders.ts';
import { benchPolls } from './polls.ts';

/** `npm run bench -- NAME`; see `usage`. */
const usage = `error: name what to measure: npm run bench -- NAME, where NAME is
  orders [--work MS]
  polls
  copy [--files N] [--rounds N] [--storage CONNECTION_STRING]
  small | large | no-change | restore [--files N] [--rounds N] [--storage CONNECTION_STRING] [--json] [--profile DIR]`;

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    work: { type: 'string', default: '0' },
    files: { type: 'string' },
    rounds: { type: 'string' },
    storage: { type: 'string' },
    json: { type: 'boolean', default: false },
    profile: { type: 'string' },
  },
});
const { storage, json, profile } = values;
const files = count('files');
const rounds = count('rounds');
const against = { files, rounds: rounds ?? 3, storage, json, profile };
const benches: Readonly<Record<string, () => Promise<void>>> = {
  orders: () => benchOrders(Number(values.work)),
  polls: benchPolls,
  copy: () => benchCopy({ files: files ?? 20_000, rounds: rounds ?? 5, storage }),
  small: () => benchAgainst('small', against),
  large: () => benchAgainst('large', against),
  'no-change': () => benchAgainst('no-change', against),
  restore: () => benchAgainst('restore', against),
};
const bench = benches[positionals[0] ?? ''];
if (!bench) fail(usage);
await bench();

function count(option: 'files' | 'rounds'): number | undefined {
  const text = values[option];
  if (text !== undefined && !/^[1-9]\d{0,8}$/u.test(text)) fail(`error: --${option} must be a whole number above 0`);
  return text === undefined ? undefined : Number(text);
}

function fail(message: string): never {
  console.error(message);
  process.exit(1);
}
