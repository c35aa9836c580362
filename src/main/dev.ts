import { runProgram } from './run-program.ts';

/** `npm run dev`, which is `durable-backup dev`. */
await runProgram(['dev', ...process.argv.slice(2)]);
