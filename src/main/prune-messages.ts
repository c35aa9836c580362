import { runProgram } from './run-program.ts';

/** `npm run prune-messages`, which is `durable-backup prune-messages`. */
await runProgram(['prune-messages', ...process.argv.slice(2)]);
