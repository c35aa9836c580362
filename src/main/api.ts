import { runProgram } from './run-program.ts';

/** `npm run api`, which is `durable-backup api`. */
await runProgram(['api', ...process.argv.slice(2)]);
