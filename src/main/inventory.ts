import { runProgram } from './run-program.ts';

/** `npm run inventory`, which is `durable-backup inventory`. */
await runProgram(['inventory', ...process.argv.slice(2)]);
