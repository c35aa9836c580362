import { decideRetention, type RetentionDecision } from '../../contracts/decide-retention.ts';
import type { ForgetInput, ForgetRow } from '../../contracts/forget.ts';
import type { RetentionPolicy } from '../../contracts/retention.ts';
import { newestManifests } from '../runs/newest-manifests.ts';
import { choosableRuns } from '../runs/run-catalogue.ts';
import type { ForgetParts } from './parts.ts';
import { bareRow, knownRun, type KnownRun } from './rows.ts';

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
