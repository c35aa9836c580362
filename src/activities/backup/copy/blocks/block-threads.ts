import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { siblingModule } from '../../../../lib/sibling-module.ts';
import type { Answer, Question } from './block-questions.ts';

const program = siblingModule('block-thread', import.meta.url);
// One processor is left to the thread that sends. Beyond a few, disk and network are what limits.
const mostThreads = Math.min(4, Math.max(1, availableParallelism() - 1));
// MiB. A thread holds next to nothing itself: blocks are the asker's.
const resourceLimits = { maxYoungGenerationSizeMb: 4, maxOldGenerationSizeMb: 64 };

/** A question without the number that only the way there and back needs. */
type Ask = Question extends infer Q ? (Q extends unknown ? Omit<Q, 'id'> : never) : never;

/** A thread that reads and hashes blocks. */
interface BlockThread {
  /** Throws the system's error when the file cannot be read. */
  readonly ask: (question: Ask) => Promise<Answer>;
  readonly stop: () => void;
  /** Passes that use it. */
  passes: number;
}

interface BlockThreads {
  /** The thread that has the fewest passes; threads are started when they are needed, and hold no process up. */
  readonly forPass: () => BlockThread;
  /** Ends them all; none may be in use. */
  readonly stop: () => void;
}

export function createBlockThreads(): BlockThreads {
  const threads = new Set<BlockThread>();
  return {
    forPass: () => {
      const [idlest] = [...threads].toSorted((a, b) => a.passes - b.passes);
      if (idlest && (idlest.passes === 0 || threads.size >= mostThreads)) return idlest;
      const thread = startThread(() => threads.delete(thread));
      threads.add(thread);
      return thread;
    },
    stop: () => {
      for (const thread of threads) thread.stop();
      threads.clear();
    },
  };
}

function startThread(onEnd: () => void): BlockThread {
  const worker = new Worker(program, { resourceLimits });
  const asked = new Map<number, PromiseWithResolvers<Answer>>();
  let lastId = 0;

  const settle = (id: number): PromiseWithResolvers<Answer> | undefined => {
    const waiting = asked.get(id);
    asked.delete(id);
    if (asked.size === 0) worker.unref();
    return waiting;
  };
  worker.on('message', ({ error, ...answer }: Answer) => {
    const waiting = settle(answer.id);
    if (error) waiting?.reject(Object.assign(new Error(error.message), error));
    else waiting?.resolve(answer);
  });
  const end = (error: Error) => {
    onEnd();
    for (const id of asked.keys()) settle(id)?.reject(error);
  };
  worker.on('error', end);
  worker.on('exit', () => end(new Error('The thread that reads blocks has ended')));
  worker.unref();

  return {
    passes: 0,
    stop: () => void worker.terminate(),
    ask: (question) => {
      const id = (lastId += 1);
      const waiting = Promise.withResolvers<Answer>();
      asked.set(id, waiting);
      worker.ref();
      worker.postMessage({ id, ...question });
      return waiting.promise;
    },
  };
}
