import type { EncodedPath } from '../../../contracts/encoded-path.ts';
import { eachConcurrently } from '../../../lib/each-concurrently.ts';
import { mayPass } from '../../paged/activity.ts';
import type { RestoredPath, RestoreEntry } from '../rows.ts';
import { explainFailure } from './explain-failure.ts';
import type { PlaceResult } from './put-in-place.ts';
import { discardWritten, placePath, restorePath, type RestoreContext } from './restore-path.ts';

// A copy that runs alone hides the latency of single requests by itself; the memory budget bounds what they hold.
const filesOfOneCopy = 64;

/**
 * Restores paths and returns what became of each, in their order, once all that it names outlasts a crash of the machine. Small files are
 * written first and then put in their places together. Throws where another attempt may fare better; it finds what was written by then.
 */
export async function restoreAll(
  entries: readonly RestoreEntry[],
  context: RestoreContext,
  onDone: (entry: RestoreEntry) => void,
): Promise<RestoredPath[]> {
  const { pack, directories, filesAtOnce, signal, attempt } = context;
  const outcomes = new Map<EncodedPath, RestoredPath>();
  const keepOutcome = async ({ path }: RestoreEntry, work: () => Promise<PlaceResult | 'packed'>) => {
    const result = await explained(context, work);
    if (result !== 'packed') outcomes.set(path, { path, ...result, attempts: attempt });
  };
  const placePack = async () => {
    await pack.sync();
    for (const written of pack.files()) {
      signal.throwIfAborted();
      await keepOutcome(written.entry, () => placePath(written, context));
    }
    await directories.sync();
  };
  try {
    try {
      await eachConcurrently(entries, filesOfOneCopy, async (entry) => {
        const end = await filesAtOnce.begin(signal);
        try {
          await keepOutcome(entry, () => restorePath(entry, context));
        } finally {
          end();
        }
        onDone(entry);
      });
    } finally {
      if (!signal.aborted) await placePack();
    }
    signal.throwIfAborted();
  } catch (error) {
    for (const written of pack.files()) await discardWritten(written, context);
    throw error;
  } finally {
    await pack.close();
  }
  return entries.flatMap(({ path }) => outcomes.get(path) ?? []);
}

/** What came of a path, also where that is a failure. Throws when another attempt may fare better. */
async function explained(
  { signal, attempt, restore, realTarget }: RestoreContext,
  work: () => Promise<PlaceResult | 'packed'>,
): Promise<PlaceResult | 'packed'> {
  try {
    return await work();
  } catch (error) {
    const isLast = attempt >= restore.options.copyAttempts;
    if ((!isLast && (mayPass(error) || wasCleared(error))) || signal.aborted) throw error;
    return { outcome: 'failed', reason: explainFailure(error, realTarget) };
  }
}

/** Whether what was written is gone: a later attempt, which took this one for dead, cleared it away, and the outcome is that one's to tell. */
function wasCleared(error: unknown): boolean {
  const { code, syscall } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' && syscall === 'rename';
}
