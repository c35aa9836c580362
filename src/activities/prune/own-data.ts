import { hasData } from '../../history/runs/run-catalogue.ts';
import type { Prune } from '../../contracts/prune.ts';
import { startOf } from '../../contracts/run-start.ts';
import type { BlobStore } from '../../storage/blob-store.ts';
import { forgottenBlob, jobLayout, ownFolder } from '../../storage/run-layout.ts';
import { doomedData, type Doomed } from './doomed.ts';
import type { Planned } from './plan.ts';

/**
 * What jobs left below the prefix and nobody needs any more: all of a run that goes, of a restore or a verification of such a run, and the
 * pages and outcomes of those that have ended for good. A mark that a run is forgotten goes only when nothing is left of that run, so one prune
 * later: until then nobody may take what is left, or what comes late, for a run. What it does not know it leaves.
 */
export async function* ownData(
  store: BlobStore,
  prune: Prune,
  plan: readonly Planned[],
  signal: AbortSignal,
): AsyncGenerator<Doomed> {
  const { prefix } = prune;
  const folder = ownFolder(prefix);
  const jobs = new Map(plan.map((planned) => [`${planned.kind}/${planned.id}`, planned]));
  const isUseless = (name: string) => {
    const [kind = '', id = ''] = name.slice(folder.length).split('/');
    if (kind === 'prunes') return isLeftOver(prune, id, name);
    const planned = jobs.get(`${kind}/${id}`);
    return planned !== undefined && goes(planned, prefix, name);
  };
  for await (const blob of store.list(folder, signal)) if (isUseless(blob.name)) yield doomedData(blob);
  for (const { kind, id, fate } of plan) {
    if (kind !== 'runs' || (fate !== 'forgotten' && fate !== 'unfinished')) continue;
    if (await hasData(store, { prefix, id }, signal)) continue;
    const mark = await store.properties(forgottenBlob({ prefix, id }), signal);
    if (mark) yield doomedData(mark);
  }
}

function goes(planned: Planned, prefix: string, name: string): boolean {
  const { kind, id, fate } = planned;
  if (fate === 'forgotten' || fate === 'unfinished' || fate === 'gone') return true;
  const isOver = fate === 'ended' || ('complete' in planned && planned.complete);
  const { scratch, rounds, reading } = jobLayout(kind, { prefix, id });
  return isOver && (name === reading || [...scratch, rounds].some((beginning) => name.startsWith(beginning)));
}

/** Of earlier prunes, which have all ended, the reports stay; one that began later is a dry run that is under way. */
function isLeftOver({ prefix, id: own }: Prune, id: string, name: string): boolean {
  return id !== own && startOf(id) <= startOf(own) && name !== jobLayout('prunes', { prefix, id }).manifest;
}
