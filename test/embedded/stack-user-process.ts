import { openEmbeddedStack } from '../../src/embedded/embedded-stack.ts';

// A user of the stack in a process of its own: opens it, prints where it is, closes it on SIGTERM.
const [dataDir = '', cli = ''] = process.argv.slice(2);
const keepAlive = setInterval(() => {}, 60_000);
const stack = await openEmbeddedStack({
  dataDir,
  temporal: { port: 0, cli: () => Promise.resolve(cli) },
  azurite: { port: 0 },
  report: (line) => process.stderr.write(`${line}\n`),
});
process.once('SIGTERM', () => {
  clearInterval(keepAlive);
  void stack.close();
});
process.stdout.write(`${JSON.stringify(stack)}\n`);
