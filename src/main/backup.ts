import { errorJson } from '../client/cli/report.ts';
import { readArguments } from './backup-arguments.ts';
import { createInvocation } from './invocation.ts';
import { runMain } from './run-main.ts';

/** `npm run backup -- DIR`, and the commands for what is done with backups. */
const { flags, task } = readArguments(process.argv.slice(2));
const invocation = createInvocation(flags);
await runMain((config, log) => task({ ...invocation, config, log }), {
  logLevel: 'error',
  ...(flags.json && { onError: (message) => invocation.answer(errorJson('Failed', message)) }),
});
