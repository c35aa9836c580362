import type { Planned } from './plan.ts';

/**
 * Tells from the run that a blob names as its writer whether a prune may judge it: no run that is under way, or that began after the plan
 * was made, can have written it. It is asked about blobs that were listed after that.
 */
export function createIsOver(plan: readonly Planned[]): (run: string | undefined) => boolean {
  const over = new Set(plan.flatMap(({ kind, id, fate }) => (kind === 'runs' && fate !== 'under way' ? [id] : [])));
  // Blobs of versions that did not say it; no backup of such a version heeds a prune, so none is to run beside one.
  return (run) => run === undefined || over.has(run);
}
