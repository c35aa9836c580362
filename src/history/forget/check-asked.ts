import { ExpectedError, failureTypes } from '../../contracts/failures.ts';
import type { ForgetInput } from '../../contracts/forget.ts';
import { keepsNothing, type RetentionPolicy } from '../../contracts/retention.ts';
import { isRunId } from '../runs/run-reference.ts';

/** What {@link ForgetInput} asks for. */
export type Asked =
  | { readonly what: 'forget' | 'recall'; readonly runs: readonly string[] }
  | { readonly what: 'decide'; readonly policy: RetentionPolicy };

/** Throws an {@link ExpectedError}, `InvalidInput` or `ForgetRefused`, that names what is wrong and what to give instead. */
export function checkAsked(input: ForgetInput): Asked {
  const { runs, policy, force = false, undo = false } = input;
  if (runs !== undefined) return { what: undo ? 'recall' : 'forget', runs: checkNamed(runs, input) };
  if (undo) throw invalid('undo: name the runs that are to be taken back (--undo RUN…)');
  if (policy === undefined) throw invalid('policy: give at least one rule (--keep-daily 7), or the ids of runs (RUN…)');
  if (force || !keepsNothing(policy)) return { what: 'decide', policy };
  throw new ExpectedError(
    failureTypes.forgetRefused,
    'policy: it keeps no run at all: give a rule that does (--keep-daily 7), or force: true (--force) to forget every run',
  );
}

function checkNamed(runs: readonly string[], { policy, root, tags }: ForgetInput): readonly string[] {
  if (policy !== undefined) throw invalid('runs, policy: name runs (RUN…), or give rules (--keep-daily 7), not both');
  if (root !== undefined || tags !== undefined) {
    throw invalid(
      'root, tags: say which runs a policy decides about (--source, --tag); leave them out where runs are named',
    );
  }
  if (runs.length === 0) throw invalid('runs: name at least one run');
  for (const id of runs) {
    if (isRunId(id)) continue;
    throw invalid(
      `runs: ${JSON.stringify(id)} is no id of a run, such as 20261121T061003Z-c78e46f5: \`runs\` lists them`,
    );
  }
  return [...new Set(runs)];
}

function invalid(message: string): ExpectedError {
  return new ExpectedError(failureTypes.invalidInput, message);
}
