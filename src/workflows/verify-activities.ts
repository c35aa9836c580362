import { proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import type { CommittedReport } from '../contracts/job.ts';
import type { Verification, VerificationTally } from '../contracts/verification.ts';
import { checkedOpenOptions, sliceOptions, recordOptions } from './paged/activity-options.ts';
import { sliceSummary, gated, pageSummary, type PagedActivities } from './paged/paged-activities.ts';
import type { Suspension } from './paged/suspension.ts';

export const { openVerification } = proxyActivities<Activities>(checkedOpenOptions);

type VerifyActivities = PagedActivities<VerificationTally, CommittedReport<VerificationTally>>;

/** The activities of one verification. */
export function verifyActivities(verification: Verification, suspension: Suspension): VerifyActivities {
  const copying = proxyActivities<Activities>(sliceOptions(verification));
  const recording = proxyActivities<Activities>(recordOptions(verification));

  const activities: VerifyActivities = {
    list: (page, cursor) =>
      recording.listVerification.executeWithOptions(
        pageSummary(page, cursor),
        cursor === undefined ? [verification, page] : [verification, page, cursor],
      ),
    listFailed: (page) => recording.listUnverified.executeWithOptions(pageSummary(page), [verification, page]),
    copy: (copy) => copying.verifyFiles.executeWithOptions(sliceSummary(copy), [verification, copy]),
    seal: (page, gaveUp) =>
      recording.sealVerificationPage.executeWithOptions(pageSummary(page), [verification, page, gaveUp]),
    commit: (times) => recording.commitVerification(verification, times),
  };
  return gated(activities, suspension);
}
