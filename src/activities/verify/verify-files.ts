import type { Slice } from '../../contracts/contract.ts';
import { eachConcurrently } from '../../lib/each-concurrently.ts';
import type { Verification } from '../../contracts/verification.ts';
import { jobLayout } from '../../storage/run-layout.ts';
import type { SliceResult } from '../backup/copy/copy-files.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import { mayPass, type Attempt } from '../paged/activity.ts';
import { keepOutcomes } from '../paged/outcomes.ts';
import { readSlice } from '../paged/page.ts';
import { reasonOf } from '../../files/walk/walk.ts';
import type { FileVerdict, ListedFile } from './listed-file.ts';
import { verifyContent, type ContentReader } from './verify-content.ts';

// Hides the latency of single requests; the memory budget bounds what they hold.
const filesAtOnce = 8;

/**
 * Reads the files of one {@link Slice} from storage, compares them with the manifest and writes what it found. Storage that is away
 * fails the activity, to be tried again, until the last attempt, when it is an outcome of the file. An attempt that finds the outcomes
 * written returns at once.
 */
export function createVerifyFiles({ store, memory }: ActivityDependencies) {
  return async (
    { number: attempt, signal, show }: Attempt,
    verification: Verification,
    copy: Slice,
  ): Promise<SliceResult> => {
    const progress = show({ files: 0, bytes: 0 });
    const layout = jobLayout('verifications', verification);
    const lastAttempt = attempt >= verification.options.copyAttempts;
    const reader = { store, memory, signal, onBytes: (bytes: number) => (progress.bytes += bytes) };
    const files = await readSlice<ListedFile>(store, layout.page(copy.page), copy, signal);
    const verdicts = await keepOutcomes(store, layout.outcome(copy.page, copy.number), signal, async () => {
      const found: FileVerdict[] = [];
      await eachConcurrently(files, filesAtOnce, async (file, index) => {
        found[index] = await verifyOrExplain(reader, file, lastAttempt);
        progress.files += 1;
      });
      return found;
    });
    return resultOf(files, verdicts);
  };
}

async function verifyOrExplain(reader: ContentReader, file: ListedFile, lastAttempt: boolean): Promise<FileVerdict> {
  try {
    return await verifyContent(reader, file);
  } catch (error) {
    if ((!lastAttempt && mayPass(error)) || reader.signal.aborted) throw error;
    return { path: file.path, outcome: 'failed', reason: reasonOf(error), attempts: 1 };
  }
}

function resultOf(files: readonly ListedFile[], verdicts: readonly FileVerdict[]): SliceResult {
  const intact = new Set(verdicts.filter(({ outcome }) => outcome === 'intact').map(({ path }) => path));
  const held = files.filter(({ path }) => intact.has(path));
  return {
    files: held.length,
    bytes: held.reduce((sum, { size }) => sum + size, 0),
    failed: files.length - held.length,
  };
}
