import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import type { Closing } from '../closing.ts';
import type { Target } from './target.ts';

/** What tools are opened with. */
export interface BenchKit {
  readonly closing: Closing;
  /** For whatever a bench leaves on disk; gone when it ends. */
  readonly directory: string;
  /** Programs are installed below it, and stay there. */
  readonly dataDir: string;
  readonly target: Target;
  /** Directory for profiles of the workers, which slows them a little. */
  readonly profile?: string | undefined;
  /** A new container that is there and empty; gone when the bench ends. */
  readonly newContainer: () => Promise<string>;
}

export function createBenchKit({
  closing,
  target,
  ...rest
}: Pick<BenchKit, 'closing' | 'directory' | 'target' | 'profile'>): BenchKit {
  return {
    ...rest,
    closing,
    target,
    dataDir: fileURLToPath(new URL('../../.data', import.meta.url)),
    newContainer: async () => {
      const container = `bench-${randomUUID()}`;
      await target.empty(container);
      closing.add(() => target.remove(container));
      return container;
    },
  };
}
