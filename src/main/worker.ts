import { runProgram } from './run-program.ts';

/** `npm run worker`, which is `durable-backup worker`. */
await runProgram(['worker', ...process.argv.slice(2)]);
