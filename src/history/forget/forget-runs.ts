import { eachConcurrently } from '../../lib/each-concurrently.ts';
import {
  type ForgetInput,
  type ForgetResult,
  type ForgetRow,
  keepsNothing,
  type RetentionPolicy,
} from '../../contracts/forget.ts';
import { markForgotten } from '../runs/forgotten.ts';
import { decideByName, decideByPolicy, type ForgetParts, bareRow } from './decide.ts';
import { ExpectedError, failureTypes } from '../../contracts/failures.ts';
import { isRunId, mayBeginId } from '../runs/run-reference.ts';
import { unknownRun } from '../runs/run-not-found.ts';
import { isBlobStoreError, type BlobProperties } from '../../storage/blob-store.ts';
import { forgottenBlob } from '../../storage/run-layout.ts';
import { choosableRuns, idMeant, idsBegunBy } from '../runs/run-catalogue.ts';

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
  if (asked.what === 'decide') return decideByPolicy(parts, asked.policy, input);
  const { store, prefix, signal } = parts;
  const forgottenToo = asked.what === 'recall';
  const ids = asked.runs.map(async (text) =>
    idMeant(text, await idsBegunBy(store, { prefix, text, forgottenToo }, signal)),
  );
  const runs = [...new Set(await Promise.all(ids))];
  return forgottenToo ? recall(parts, runs, { dryRun }) : decideByName(parts, runs, { force: input.force ?? false });
}

async function mark({ store, prefix, signal }: ForgetParts, rows: readonly ForgetRow[]): Promise<void> {
  const at = new Date().toISOString();
  const gone = rows.filter(({ outcome }) => outcome === 'forgotten');
  await eachConcurrently(gone, marksAtOnce, ({ run: id, reasons }) =>
    markForgotten(store, { prefix, id }, { at, reason: reasons.join(', ') }, signal),
  );
}

/** What {@link ForgetInput} asks for. */
type Asked =
  | { readonly what: 'forget' | 'recall'; readonly runs: readonly string[] }
  | { readonly what: 'decide'; readonly policy: RetentionPolicy };

/** Throws an {@link ExpectedError}, `InvalidInput` or `ForgetRefused`, that names what is wrong and what to give instead. */
function checkAsked(input: ForgetInput): Asked {
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
    if (isRunId(id) || mayBeginId(id)) continue;
    throw invalid(
      `runs: ${JSON.stringify(id)} is no id of a run, such as 20261121T061003Z-c78e46f5: \`durable-backup runs\` lists them`,
    );
  }
  return runs;
}

function invalid(message: string): ExpectedError {
  return new ExpectedError(failureTypes.invalidInput, message);
}

/**
 * Takes back that runs were forgotten; of one that is not forgotten nothing changes. Throws an {@link ExpectedError}: `RunNotFound` when
 * one is not there, and `ForgetRefused` when a prune has begun to delete its data, which it writes into the mark before it does.
 */
async function recall(
  { store, prefix, signal }: ForgetParts,
  ids: readonly string[],
  { dryRun }: { readonly dryRun: boolean },
): Promise<ForgetRow[]> {
  const choosable = await choosableRuns(store, prefix, signal);
  const marks = new Map<string, BlobProperties>();
  for (const id of ids) {
    const mark = await store.properties(forgottenBlob({ prefix, id }), signal);
    if (mark?.metadata['prune'] !== undefined) throw tooLate(id);
    if (mark) marks.set(id, mark);
    else if (!choosable.includes(id)) throw unknownRun(id, prefix, choosable);
  }
  for (const [id, mark] of dryRun ? [] : marks) {
    await store.delete(mark, signal).catch((error: unknown) => {
      // Gone is what it was to be.
      if (isBlobStoreError(error, 'not-found')) return;
      throw isBlobStoreError(error, 'precondition-failed') ? tooLate(id) : error;
    });
  }
  return ids.map((id) => {
    const at = marks.get(id)?.metadata['at'];
    return marks.has(id)
      ? { ...bareRow(id), outcome: 'recalled', reasons: [`it was forgotten at ${at}`] }
      : { ...bareRow(id), outcome: 'kept', reasons: ['it was not forgotten'] };
  });
}

function tooLate(id: string): ExpectedError {
  return new ExpectedError(
    failureTypes.forgetRefused,
    `Run ${id} cannot be taken back: a prune has begun to delete its data; restore another run`,
  );
}
