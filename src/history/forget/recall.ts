import { ExpectedError, failureTypes } from '../../contracts/failures.ts';
import type { ForgetRow } from '../../contracts/forget.ts';
import { isBlobStoreError, type BlobProperties } from '../../storage/blob-store.ts';
import { forgottenBlob } from '../../storage/run-layout.ts';
import { choosableRuns } from '../runs/run-catalogue.ts';
import { unknownRun } from '../runs/run-not-found.ts';
import type { ForgetParts } from './parts.ts';
import { bareRow } from './rows.ts';

/**
 * Takes back that runs were forgotten; of one that is not forgotten nothing changes. Throws an {@link ExpectedError}: `RunNotFound` when
 * one is not there, and `ForgetRefused` when a prune has begun to delete its data, which it writes into the mark before it does.
 */
export async function recall(
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
