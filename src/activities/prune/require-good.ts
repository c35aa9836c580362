import { ExpectedError, failureTypes } from '../../contracts/failures.ts';
import { laterFirst } from '../../contracts/decide-retention.ts';
import type { Manifest } from '../../contracts/manifest.ts';
import { isSuspect } from '../../contracts/suspicion.ts';

/**
 * Throws `PruneRefused` while the newest run of a directory is suspect: what older runs hold may then be all that is left of it. `manifests`
 * are those of the runs that stay, in any order.
 */
export function requireGood(manifests: readonly Manifest[]): void {
  for (const [root, runs] of Map.groupBy(manifests, (manifest) => manifest.root)) {
    const [newest] = runs.toSorted(laterFirst);
    if (!newest || !isSuspect(newest)) continue;
    const { run, suspect } = newest;
    throw new ExpectedError(
      failureTypes.pruneRefused,
      `Run ${run}, the newest of ${root}, is suspect: ${suspect?.reasons.join('; ')}. Accept it with \`durable-backup accept ${run}\` if that is meant, or see to it that ${root} is whole and back it up again; until then nothing is deleted`,
    );
  }
}
