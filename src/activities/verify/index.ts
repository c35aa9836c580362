import type { ActivityDependencies } from '../dependencies.ts';
import { createCommitVerification } from './commit-verification.ts';
import { createListUnverified } from './list-unverified.ts';
import { createListVerification } from './list-verification.ts';
import { createOpenVerification } from './open-verification.ts';
import { createSealVerificationPage } from './seal-verification-page.ts';
import { createVerifyFiles } from './verify-files.ts';

/** The effects of a verification, in the order in which the workflow asks for them. Each may run twice and then changes nothing more. */
export function createVerifyActivities(deps: ActivityDependencies) {
  return {
    openVerification: createOpenVerification(deps),
    listVerification: createListVerification(deps),
    listUnverified: createListUnverified(deps),
    verifyFiles: createVerifyFiles(deps),
    sealVerificationPage: createSealVerificationPage(deps),
    commitVerification: createCommitVerification(deps),
  };
}
