import { checkWhole } from '../../history/entries/read-below.ts';
import { findRun } from '../../history/runs/run-catalogue.ts';
import { parseInput } from '../../contracts/input.ts';
import { allOptions } from '../../contracts/job.ts';
import { verificationInputSchema, type Verification, type VerificationInput } from '../../contracts/verification.ts';
import { requireContainer } from '../../storage/require-container.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import type { Attempt } from '../paged/activity.ts';
import { jobId } from '../paged/job-id.ts';
import { markReading } from '../../claims/reading-mark.ts';

/** Fixes what a verification is about: the run is there, its manifest is whole, and the input makes sense. */
export function createOpenVerification({ store, prefix: usual }: ActivityDependencies) {
  return async ({ signal }: Attempt, input: VerificationInput, startedAt: string): Promise<Verification> => {
    const read = parseInput(verificationInputSchema, input);
    const { run, root, prefix = usual, deep = false, options, ...scope } = read;
    await requireContainer(store, signal);
    const { manifest, etag } = await findRun(store, { prefix, run, root }, signal);
    await checkWhole(store, manifest, signal);
    const id = jobId(startedAt);
    await markReading(store, 'verifications', { prefix, id, run: manifest.run }, signal);
    return {
      id,
      run: manifest.run,
      manifestEtag: etag,
      root: manifest.root,
      container: store.container,
      prefix,
      deep,
      ...scope,
      options: allOptions(options),
    };
  };
}
