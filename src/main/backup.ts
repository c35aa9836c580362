import { runProgram } from './run-program.ts';

/** `durable-backup`, with the arguments of this process. */
await runProgram(process.argv.slice(2));
