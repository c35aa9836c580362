import { eachConcurrently } from '../../lib/each-concurrently.ts';
import type { ForgetInput, ForgetResult, ForgetRow } from '../../contracts/forget.ts';
import { markForgotten } from './forgotten.ts';
import { checkAsked } from './check-asked.ts';
import { decideByName } from './decide-by-name.ts';
import { decideByPolicy } from './decide-by-policy.ts';
import type { ForgetParts } from './parts.ts';
import { recall } from './recall.ts';

const marksAtOnce = 8;

/**
 * Forgets runs: they cannot be chosen from then on, and the next prune deletes what no other run needs. No data are deleted here. All
 * is decided before anything is changed, and what is asked for twice is done once. Throws an `ExpectedError`: `InvalidInput` for what
 * makes no sense, `RunNotFound` and `ForgetRefused` for what must not be; then nothing is changed.
 */
export async function forgetRuns(parts: ForgetParts, input: ForgetInput): Promise<ForgetResult> {
  const { dryRun = false } = input;
  const rows = await decide(parts, input, dryRun);
  if (!dryRun) await mark(parts, rows);
  const count = (outcome: ForgetRow['outcome']) => rows.filter((row) => row.outcome === outcome).length;
  return { dryRun, kept: count('kept'), forgotten: count('forgotten'), recalled: count('recalled'), runs: rows };
}

async function decide(parts: ForgetParts, input: ForgetInput, dryRun: boolean): Promise<ForgetRow[]> {
  const asked = checkAsked(input);
  switch (asked.what) {
    case 'decide':
      return decideByPolicy(parts, asked.policy, input);
    case 'forget':
      return decideByName(parts, asked.runs, { force: input.force ?? false });
    case 'recall':
      return recall(parts, asked.runs, { dryRun });
  }
}

async function mark({ store, prefix, signal }: ForgetParts, rows: readonly ForgetRow[]): Promise<void> {
  const at = new Date().toISOString();
  const gone = rows.filter(({ outcome }) => outcome === 'forgotten');
  await eachConcurrently(gone, marksAtOnce, ({ run: id, reasons }) =>
    markForgotten(store, { prefix, id }, { at, reason: reasons.join(', ') }, signal),
  );
}
