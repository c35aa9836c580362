import type { Level, Logger, LoggerOptions } from 'pino';
import { setTimeout as sleep } from 'node:timers/promises';
import { dropEmptyVariables, readConfig, type Config } from '../../config.ts';
import { ExpectedError } from '../../contracts/failures.ts';
import { describeErrors } from '../../lib/describe-error.ts';
import { messageOf } from '../../lib/message-of.ts';
import { escapeInvisible, printableLines } from '../../lib/printable.ts';
import { readArguments } from './program.ts';
import { createInvocation, type Call } from './invocation.ts';
import { createRunnable } from './runnable.ts';
import { errorJson } from './render/report.ts';

/**
 * Does what a command line asks for, to the exit code of this process. What is expected to go wrong is one line on stderr; what is not comes
 * with its stack, for it is a bug.
 */
export async function main(argv: readonly string[]): Promise<void> {
  const { flags, task, logLevel } = readArguments(argv);
  const invocation = createInvocation(flags);
  let runnable = (text: string) => text;
  const call = (config: Config, log: Logger): Call => {
    runnable = createRunnable(config, flags.sourcesFile);
    // JSON is for programs, and settings in the middle of it would break it.
    const answer = flags.json ? invocation.answer : (text: string) => invocation.answer(runnable(text));
    return { ...invocation, answer, note: (line) => invocation.note(runnable(line)), config, log, runnable };
  };
  await runMain((config, log) => task(call(config, log)), {
    logLevel,
    onError: (error) => {
      const isExpected = error instanceof ExpectedError;
      console.error(isExpected ? printableLines(runnable(`error: ${error.message}`)) : error);
      if (flags.json) invocation.answer(errorJson('Failed', runnable(messageOf(error))));
    },
  });
}

interface MainOptions {
  /** Unless LOG_LEVEL says otherwise. */
  readonly logLevel: Level;
  /** Says which error ends the process. */
  readonly onError: (error: unknown) => void;
}

/**
 * Runs an entry point to its exit code, which is 1 where something is thrown. Logs go to stderr: stdout is for answers.
 */
async function runMain(
  main: (config: Config, log: Logger) => Promise<number>,
  { logLevel, onError }: MainOptions,
): Promise<void> {
  // Node's own way out first gives signals back to the system, and then takes a while: a Ctrl-C that comes twice would end it then.
  process.once('beforeExit', (code) => process.exit(code));
  try {
    dropEmptyVariables();
    const config = readConfig();
    const { pino } = await import('pino');
    // Synchronous: the last lines before an exit are the ones that matter.
    const options: LoggerOptions = {
      level: config.logLevel ?? logLevel,
      base: null,
      hooks: { streamWrite: escapeLine },
      // Whatever field an error is in; pino's own way for `err` would make its type "Object".
      formatters: { log: describeErrors },
      serializers: { err: (described: unknown) => described },
    };
    const log = pino(options, pino.destination({ fd: 2, sync: true }));
    const stopTracing = await openTracing(config, log);
    try {
      process.exitCode = await main(config, log);
    } finally {
      await stopTracing();
    }
  } catch (error) {
    onError(error);
    // The native runtime of Temporal's SDK, once loaded, would keep a process without a worker alive.
    process.exit(1);
  }
}

// A collector that is away must not hold up the end of a command.
const sendWithin = 5000;

/** Begins to trace where the configuration says so. The returned function sends what is left. */
async function openTracing({ tracing }: Config, log: Logger): Promise<() => Promise<void>> {
  if (!tracing) return () => Promise.resolve();
  // It takes a while to load, and hardly anybody needs it.
  const { startTracing } = await import('../../telemetry/tracing.ts');
  const stop = startTracing(tracing, log);
  const failed = (error: unknown) => log.warn({ err: error }, 'what is left of the trace could not be sent');
  return () => Promise.race([stop().catch(failed), sleep(sendWithin, undefined, { ref: false })]);
}

// Names are in log lines, and people read these in terminals too.
function escapeLine(line: string): string {
  return `${escapeInvisible(line.trimEnd())}\n`;
}
