import { fileURLToPath } from 'node:url';
import { runMain } from './run-main.ts';
import { supervised } from './supervised.ts';
import { untilSignal } from './until-signal.ts';
import { readArguments } from './worker-arguments.ts';

/** `npm run worker`: serves the task queues of an existing Temporal until it is told to stop, in one process or in several. */
const { processes, process: number } = readArguments(process.argv.slice(2));
await runMain(async (config, log) => {
  const count = processes ?? config.worker.processes;
  if (number === undefined && count > 1) {
    const { keepWorkerProcesses } = await import('./worker-processes.ts');
    return keepWorkerProcesses({ entry: fileURLToPath(import.meta.url), count, log });
  }
  const stop = untilSignal();
  // Temporal's SDK takes a while to load, and neither help nor the process that keeps the others needs it.
  const { serveWork } = await import('./serve-work.ts');
  if (number === undefined) {
    await serveWork(config, log, stop);
    return 0;
  }
  const { abandoned, ready, release } = supervised();
  await serveWork(config, log.child({ process: number }), Promise.race([stop, abandoned]), ready);
  release();
  return 0;
});
