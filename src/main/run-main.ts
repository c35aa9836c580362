import { pino, type Level, type Logger } from 'pino';
import { readConfig, type Config } from '../config.ts';
import { ExpectedError } from '../shared/failures.ts';

/**
 * Runs an entry point to its exit code. What is expected to go wrong is one line on stderr and exit code 1; what is not comes with
 * its stack, for it is a bug. Logs go to stderr, from `logLevel` unless LOG_LEVEL says otherwise: stdout is for answers.
 */
export async function runMain(
  main: (config: Config, log: Logger) => Promise<number>,
  logLevel: Level = 'info',
): Promise<void> {
  try {
    const config = readConfig();
    // Synchronous: the last lines before an exit are the ones that matter.
    const log = pino({ level: config.logLevel ?? logLevel, base: null }, pino.destination({ fd: 2, sync: true }));
    process.exitCode = await main(config, log);
  } catch (error) {
    console.error(error instanceof ExpectedError ? `error: ${error.message}` : error);
    process.exitCode = 1;
  }
}
