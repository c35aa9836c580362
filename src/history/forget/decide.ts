import { decideRetention, type RetentionDecision } from './decide-retention.ts';
import type { ForgetInput, ForgetRow, RetentionPolicy } from '../../contracts/forget.ts';
import { newestManifests, choosableRuns } from '../runs/run-catalogue.ts';
import type { BlobStore } from '../../storage/blob-store.ts';
import { type Manifest, startOf } from '../../contracts/manifest.ts';
import { ExpectedError, failureTypes } from '../../contracts/failures.ts';
import { isGood } from '../../contracts/suspicion.ts';
import { forgottenRuns } from '../runs/forgotten.ts';
import { readManifest } from '../records/read-manifest.ts';
import { unfinishedRuns } from '../runs/unfinished-runs.ts';
import { runWithoutManifest, unknownRun } from '../runs/run-not-found.ts';

const withoutManifest = 'it has no manifest: it is under way, or was stopped, and then prune deletes what it left';

/** What a policy makes of the runs that are not forgotten yet, directory by directory. What it cannot decide about is kept. */
export async function decideByPolicy(
  parts: ForgetParts,
  policy: RetentionPolicy,
  chosen: Pick<ForgetInput, 'root' | 'tags' | 'force'>,
): Promise<ForgetRow[]> {
  const { root, tags = [], force = false } = chosen;
  const ids = await choosableRuns(parts.store, parts.prefix, parts.signal);
  const { byRoot, undecided } = await readRuns(parts, ids, { root, tags });
  const rows: ForgetRow[] = [];
  for (const runs of byRoot.values()) {
    for (const decision of decideRetention(runs, policy, { force })) rows.push(await rowOf(decision, parts));
  }
  // Whose these are is not known, so they belong to no choice of directory or tags.
  if (root !== undefined || tags.length > 0) return rows;
  for (const [id, reason] of undecided) rows.push({ ...bareRow(id), outcome: 'kept', reasons: [reason] });
  return rows;
}

async function readRuns(
  { store, prefix, signal }: ForgetParts,
  ids: readonly string[],
  { root, tags }: { readonly root: string | undefined; readonly tags: readonly string[] },
) {
  const byRoot = new Map<string, KnownRun[]>();
  const undecided = new Map(ids.map((id) => [id, withoutManifest]));
  for await (const found of newestManifests(store, prefix, ids, signal)) {
    if ('fault' in found) {
      undecided.set(found.id, `its manifest cannot be read: ${found.fault.message}`);
      continue;
    }
    const run = knownRun(found.manifest);
    undecided.delete(run.run);
    if (root !== undefined && run.root !== root) continue;
    if (!tags.every((tag) => run.tags?.includes(tag))) continue;
    const others = byRoot.get(run.root);
    if (others) others.push(run);
    else byRoot.set(run.root, [run]);
  }
  return { byRoot, undecided };
}

async function rowOf(
  { run: known, keep, reasons }: RetentionDecision<KnownRun>,
  { isUnderWay }: ForgetParts,
): Promise<ForgetRow> {
  const { instanceId, filters: _, ...run } = known;
  if (keep) return { ...run, outcome: 'kept', reasons };
  // A complete run has ended; what failed of another may just be copied again.
  if (run.complete || !(await isUnderWay(instanceId))) return { ...run, outcome: 'forgotten', reasons };
  return { ...run, outcome: 'kept', reasons: [`its instance ${instanceId} is under way`] };
}

/** What runs are forgotten with. */
export interface ForgetParts {
  readonly store: BlobStore;
  readonly prefix: string;
  /** Whether a workflow of this id has not ended. */
  readonly isUnderWay: (instanceId: string) => Promise<boolean>;
  readonly signal: AbortSignal;
}

/** What is told of a run whose manifest can be read, and who made it. */
type KnownRun = Required<Pick<ForgetRow, 'run' | 'startedAt' | 'root' | 'complete' | 'files' | 'bytes'>> &
  Pick<ForgetRow, 'tags'> &
  Pick<Manifest, 'instanceId' | 'suspect' | 'filters'>;

function knownRun(manifest: Manifest): KnownRun {
  const { run, startedAt, root, complete, files, bytes, tags, instanceId, suspect, filters } = manifest;
  return {
    run,
    startedAt,
    root,
    complete,
    files,
    bytes,
    ...(tags && { tags }),
    instanceId,
    ...(suspect && { suspect }),
    ...(filters && { filters }),
  };
}

/** A run of which only the id is known. */
export function bareRow(id: string): Pick<ForgetRow, 'run' | 'startedAt'> {
  return { run: id, startedAt: startOf(id) };
}

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
    rows.push(run ? rowOfNamed(run) : { ...bareRow(id), outcome: 'forgotten', reasons: [...byName, 'unreadable'] });
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
  if (stored === undefined) throw runWithoutManifest(id, (await unfinishedRuns(store, prefix, signal)).get(id));
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

function rowOfNamed(known: KnownRun): ForgetRow {
  const { instanceId: _, filters: __, ...run } = known;
  return { ...run, outcome: 'forgotten', reasons: byName };
}

function refused(message: string): ExpectedError {
  return new ExpectedError(failureTypes.forgetRefused, message);
}
