import { checkWhole } from '../../history/entries/read-below.ts';
import { findRun } from '../../history/runs/run-catalogue.ts';
import { prefixOf } from '../../contracts/blob-prefix.ts';
import { ExpectedError, failureTypes } from '../../contracts/failures.ts';
import type { Verification, VerificationInput } from '../../contracts/verification.ts';
import { requireContainer } from '../../storage/require-container.ts';
import { checkOptions } from '../backup/check-options.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import type { Attempt } from '../paged/activity.ts';
import { jobId } from '../paged/job-id.ts';
import { markReading } from '../../claims/reading-mark.ts';
import { checkScope } from './scope.ts';

/** Fixes what a verification is about: the run is there, its manifest is whole, and the input makes sense. */
export function createOpenVerification({ store, prefix: usual }: ActivityDependencies) {
  return async ({ signal }: Attempt, input: VerificationInput, startedAt: string): Promise<Verification> => {
    const { run, root } = checkRun(input);
    const prefix = prefixOf(input, usual);
    const scope = checkScope(input);
    const options = checkOptions(input.options);
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
      ...scope,
      options,
    };
  };
}

function checkRun({ run, root }: VerificationInput): Pick<VerificationInput, 'run' | 'root'> {
  if (typeof run !== 'string' || run === '') {
    throw new ExpectedError(
      failureTypes.invalidInput,
      'run: give the id of a run, latest, or a time such as 2026-01-31T00:00:00Z',
    );
  }
  if (root !== undefined && typeof root !== 'string') {
    throw new ExpectedError(failureTypes.invalidInput, 'root: give the directory that was backed up, as a text');
  }
  return { run, ...(root !== undefined && { root }) };
}
