import { eachConcurrently } from '../../lib/each-concurrently.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import { createCopy, withOutcomes } from '../paged/copy.ts';
import { verificationKind, type FileVerdict, type ListedFile } from './kind.ts';
import { verifyContent } from './verify-content.ts';
import { reasonOf } from '../../lib/message-of.ts';

// Hides the latency of single requests; the memory budget bounds what they hold.
const filesAtOnce = 8;

/**
 * Reads the files of one copy from storage and compares them with the manifest. Storage that is away fails the activity, to be tried again,
 * until the last attempt, when it is an outcome of the file.
 */
export function createVerifyFiles({ store, memory }: ActivityDependencies) {
  return createCopy(store, verificationKind, async (copying) => {
    const { job, entries, progress, signal } = copying;
    const reader = { store, memory, signal, onBytes: (bytes: number) => (progress.bytes += bytes) };
    const verify = withOutcomes(copying, job.options, (file: ListedFile) => verifyContent(reader, file), failed);
    const found: FileVerdict[] = [];
    await eachConcurrently(entries, filesAtOnce, async (file, index) => {
      found[index] = await verify(file);
      progress.files += 1;
    });
    return found;
  });
}

function failed({ path }: ListedFile, error: unknown): FileVerdict {
  return { path, outcome: 'failed', reason: reasonOf(error), attempts: 1 };
}
