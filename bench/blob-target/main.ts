import type { AddressInfo } from 'node:net';
import { parseArgs } from 'node:util';
import { createBlobTarget } from './server.ts';

/** `node bench/blob-target/main.ts [--delay MS] [--keep PREFIX]`: serves on a free port of this machine, and says which. */
const { values } = parseArgs({
  options: { delay: { type: 'string', default: '0' }, keep: { type: 'string', default: '' } },
});
const server = createBlobTarget({ delay: Number(values.delay), keep: values.keep });
server.listen(0, '127.0.0.1', () => {
  console.error(`blob target at http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
