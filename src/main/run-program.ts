import { errorJson } from '../client/cli/report.ts';
import { readArguments } from './backup-arguments.ts';
import { createInvocation } from './invocation.ts';
import { runMain } from './run-main.ts';

/** Runs the program `durable-backup` with these arguments to its exit code. */
export async function runProgram(argv: readonly string[]): Promise<void> {
  const { flags, task, logLevel } = readArguments(argv);
  const invocation = createInvocation(flags);
  await runMain((config, log) => task({ ...invocation, config, log }), {
    logLevel,
    ...(flags.json && { onError: (message) => invocation.answer(errorJson('Failed', message)) }),
  });
}
