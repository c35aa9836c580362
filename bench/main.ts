import { exitCodes, onInterrupt } from '../src/client/cli/invocation.ts';
import { BenchError } from './bench-error.ts';
import { createClosing } from './closing.ts';
import { commands } from './commands.ts';
import { describeFlags, readFlags, written } from './flags.ts';

/** `npm run bench -- NAME [FLAGS]`; see `--help`. Whichever way it ends, all that it started has ended before. */
process.exit(await main(process.argv.slice(2)));

async function main([name = '', ...args]: readonly string[]): Promise<number> {
  if (name === '--help' || args.includes('--help')) {
    console.log(help());
    return exitCodes.done;
  }
  const closing = createClosing();
  try {
    const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
    if (!command)
      throw new BenchError(`There is no bench ${JSON.stringify(name)}: choose ${Object.keys(commands).join(', ')}.`);
    const options = readFlags(args, command.flags);
    return await Promise.race([interrupted(), command.run(closing, options).then(() => exitCodes.done)]);
  } catch (error) {
    console.error(error instanceof BenchError ? `error: ${error.message}` : error);
    return exitCodes.error;
  } finally {
    await closing.closeAll();
  }
}

/**
 * Resolves at the first Ctrl-C or SIGTERM; the second does not wait for anything to be closed. Rejects with what nobody caught: work that
 * is given up meets closed connections.
 */
function interrupted(): Promise<number> {
  return new Promise((resolve, reject) => {
    process.on('uncaughtException', reject);
    onInterrupt(
      () => {
        console.error('closing what was started …');
        resolve(exitCodes.interrupted);
      },
      () => process.exit(exitCodes.interrupted),
    );
  });
}

function help(): string {
  const lines = Object.entries(commands).flatMap(([name, { about, flags }]) => [
    `  ${name.padEnd(15)}${about}`,
    `  ${' '.repeat(15)}${flags.map((flag) => `[${written(flag)}]`).join(' ')}`,
  ]);
  return ['npm run bench -- NAME [FLAGS], where NAME is', ...lines, '', 'and FLAGS are', ...describeFlags()].join('\n');
}
