import { readArguments } from './client/cli/backup-arguments.ts';
import { createInvocation } from './client/cli/invocation.ts';
import { errorJson } from './client/cli/render/report.ts';
import { runMain } from './client/cli/run-main.ts';

/** The program `durable-backup`, with the arguments of this process. */
const { flags, task, logLevel } = readArguments(process.argv.slice(2));
const invocation = createInvocation(flags);
await runMain((config, log) => task({ ...invocation, config, log }), {
  logLevel,
  ...(flags.json && { onError: (message) => invocation.answer(errorJson('Failed', message)) }),
});
