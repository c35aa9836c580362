import { maxReportedFailures, type FileFailure } from '../../contracts/contract.ts';
import { displayPath } from '../../contracts/encoded-path.ts';

const textLength = 300;

/** The first of what failed of a page, in words short enough for a workflow's result; the shard has them all. */
export function reportedFailures(failed: readonly FileFailure[]): FileFailure[] {
  return failed.slice(0, maxReportedFailures).map(({ path, outcome, reason }) => ({
    path: displayPath(path).slice(0, textLength),
    outcome,
    reason: reason.slice(0, textLength),
  }));
}
