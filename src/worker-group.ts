import type { Worker } from '@temporalio/worker';

/** Workers of one process that live and end together. */
export interface WorkerGroup {
  /** Resolves when all have ended as they were told to; when one fails the others are stopped, and then it rejects. */
  run(): Promise<void>;
  /** Runs them until `stop` resolves and what they had under way has ended or was given back. */
  runUntil(stop: Promise<unknown>): Promise<void>;
  /** Begins to stop those that run. */
  shutdown(): void;
}

type Runs = Pick<Worker, 'run' | 'shutdown' | 'getState'>;

export function workerGroup(workers: readonly Runs[]): WorkerGroup {
  const shutdown = () => {
    for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
  };
  const run = async () => {
    const runs = workers.map((worker) => worker.run());
    try {
      await Promise.all(runs);
    } catch (error) {
      shutdown();
      await Promise.allSettled(runs);
      throw error;
    }
  };
  return {
    run,
    shutdown,
    runUntil: async (stop) => {
      const ended = run();
      await Promise.race([stop, ended]);
      shutdown();
      await ended;
    },
  };
}
