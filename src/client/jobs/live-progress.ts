import { runtimeStatus, type Execution } from './execution.ts';
import { SharedReads } from './shared-reads.ts';

/** Milliseconds from when it came that an answer is shown to others too. */
const heldFor = 1000;

interface Answer {
  /** What the job had published before it was asked. */
  readonly published: string;
  /** Undefined when nobody answered. */
  readonly progress: Promise<unknown>;
  /** By `performance.now()`; absent while the job is being asked. */
  readonly cameAt?: number;
}

/**
 * What running jobs answered when they were asked how far they are, by run. A job is asked by one caller at a time, and its answer does
 * for all who want it within a second. It does not for one who was told by a description that the job has published something since,
 * or was suspended or resumed: then the job is asked again, so that no held answer hides what every API process can see.
 */
export class LiveProgress {
  // Those that came, in the order in which they did; among them those that have not come yet.
  readonly #answers = new Map<string, Answer>();
  readonly #reads = new SharedReads<unknown>();

  /** `ask` asks the job itself, and resolves with undefined when nobody answers. `execution` is a description from just now. */
  async get(execution: Execution, ask: () => Promise<unknown>): Promise<unknown> {
    const { runId } = execution;
    const published = JSON.stringify(execution.memo?.['progress'] ?? null);
    this.#forgetOld();
    const known = this.#answers.get(runId);
    if (known?.published === published) {
      const progress = await known.progress;
      // It may have been suspended and resumed since the last answer, and have published what it had before.
      if (runtimeStatus(execution, progress) === runtimeStatus(execution)) return progress;
    }
    return this.#reads.get(runId, () => this.#hold(runId, { published, progress: ask() }));
  }

  #hold(runId: string, answer: Answer): Promise<unknown> {
    this.#answers.set(runId, answer);
    const came = () => {
      this.#answers.delete(runId);
      this.#answers.set(runId, { ...answer, cameAt: performance.now() });
    };
    answer.progress.then(came, () => this.#answers.delete(runId));
    return answer.progress;
  }

  #forgetOld(): void {
    const now = performance.now();
    for (const [runId, { cameAt }] of this.#answers) {
      if (cameAt === undefined) continue;
      if (cameAt > now - heldFor) break;
      this.#answers.delete(runId);
    }
  }
}
