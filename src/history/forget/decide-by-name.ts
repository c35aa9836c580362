import { ExpectedError, failureTypes } from '../../contracts/failures.ts';
import type { ForgetRow } from '../../contracts/forget.ts';
import { isGood } from '../../contracts/suspicion.ts';
import { forgottenRuns } from './forgotten.ts';
import { newestManifests } from '../runs/newest-manifests.ts';
import { readManifest } from '../records/read-manifest.ts';
import { choosableRuns } from '../runs/run-catalogue.ts';
import { runWithoutManifest, unknownRun } from '../runs/run-not-found.ts';
import type { ForgetParts } from './parts.ts';
import { bareRow, knownRun, type KnownRun } from './rows.ts';

const byName = ['named'];

/**
 * What becomes of named runs. Throws an {@link ExpectedError}: `RunNotFound` when one is not there or has no manifest, `ForgetRefused`
 * when one is under way, and without `force` when one is the newest complete run of its directory or cannot be read.
 */
export async function decideByName(
  parts: ForgetParts,
  ids: readonly string[],
  { force }: { readonly force: boolean },
): Promise<ForgetRow[]> {
  const { store, prefix, signal } = parts;
  const choosable = await choosableRuns(store, prefix, signal);
  const forgotten = await forgottenRuns(store, prefix, signal);
  const rows: ForgetRow[] = [];
  const complete: KnownRun[] = [];
  for (const id of ids) {
    const since = forgotten.get(id);
    if (since !== undefined) {
      rows.push({ ...bareRow(id), outcome: 'forgotten', reasons: [`forgotten already, at ${since}`] });
      continue;
    }
    if (!choosable.includes(id)) throw unknownRun(id, prefix, choosable);
    const run = await readNamed(parts, id, force);
    if (run && isGood(run)) complete.push(run);
    rows.push(run ? rowOf(run) : { ...bareRow(id), outcome: 'forgotten', reasons: [...byName, 'unreadable'] });
  }
  if (!force) await spareNewest(parts, choosable, complete);
  return rows;
}

/** A run that is named; undefined when its manifest cannot be read and that is no matter. */
async function readNamed(
  { store, prefix, isUnderWay, signal }: ForgetParts,
  id: string,
  force: boolean,
): Promise<KnownRun | undefined> {
  const stored = await readManifest(store, { prefix, id }, signal).catch((error: unknown) => {
    if (!(error instanceof ExpectedError)) throw error;
    if (force) return { fault: error };
    throw refused(
      `Run ${id} cannot be read, so it may be the newest complete one of its directory: give force: true (--force) to forget it nevertheless. ${error.message}`,
    );
  });
  if (stored === undefined) throw runWithoutManifest(id);
  if ('fault' in stored) return undefined;
  const run = knownRun(stored.manifest);
  if (run.complete || !(await isUnderWay(run.instanceId))) return run;
  throw refused(
    `Run ${id} may be under way, for it is incomplete and its instance ${run.instanceId} runs: wait for its end, or end it`,
  );
}

/** Throws when one of these runs is the newest complete one of its directory. */
async function spareNewest(
  { store, prefix, signal }: ForgetParts,
  ids: readonly string[],
  named: readonly KnownRun[],
): Promise<void> {
  const open = new Set(named.map(({ root }) => root));
  if (open.size === 0) return;
  for await (const found of newestManifests(store, prefix, ids, signal)) {
    if ('fault' in found || !isGood(found.manifest) || !open.delete(found.manifest.root)) continue;
    const { run, root } = found.manifest;
    if (named.some((one) => one.run === run)) {
      throw refused(
        `Run ${run} is the newest complete one of ${root}: give force: true (--force) to forget it nevertheless`,
      );
    }
    if (open.size === 0) return;
  }
}

function rowOf(known: KnownRun): ForgetRow {
  const { instanceId: _, filters: __, ...run } = known;
  return { ...run, outcome: 'forgotten', reasons: byName };
}

function refused(message: string): ExpectedError {
  return new ExpectedError(failureTypes.forgetRefused, message);
}
