import { ExpectedError, failureTypes } from '../../contracts/failures.ts';
import type { Manifest } from '../../contracts/manifest.ts';
import type { BlobStore } from '../../storage/blob-store.ts';
import { markAccepted } from './accepted.ts';
import { findRun } from './run-catalogue.ts';
import { isRunId } from './run-reference.ts';

/**
 * Says of a suspect run that it is meant to be so: it is a run like any other from then on. Returns its manifest; of a run that is not
 * suspect, or was accepted before, nothing changes. Throws an {@link ExpectedError}: `InvalidInput` for what is no id of a run, `RunNotFound`
 * when there is none, when it has no manifest or was forgotten, and what is wrong with a manifest that cannot be used.
 */
export async function acceptRun(
  store: BlobStore,
  { prefix, run }: { readonly prefix: string; readonly run: string },
  signal: AbortSignal,
): Promise<Manifest> {
  // Which run `latest` means may change meanwhile, and this is about one that somebody has looked at.
  if (!isRunId(run)) {
    throw new ExpectedError(
      failureTypes.invalidInput,
      `run: ${JSON.stringify(run)} is no id of a run, such as 20261121T061003Z-c78e46f5: \`durable-backup runs\` lists them`,
    );
  }
  const { manifest } = await findRun(store, { prefix, run }, signal);
  if (!manifest.suspect) return manifest;
  await markAccepted(store, { prefix, id: run }, signal);
  return (await findRun(store, { prefix, run }, signal)).manifest;
}
