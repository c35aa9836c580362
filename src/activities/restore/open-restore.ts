import { exactPaths } from '../../manifests/exact-paths.ts';
import { checkWhole } from '../../manifests/check-whole.ts';
import { readEntries } from '../../manifests/read-entries.ts';
import { findRun } from '../../manifests/run-catalogue.ts';
import { ExpectedError, failureTypes } from '../../shared/failures.ts';
import type { Manifest, ManifestEntry } from '../../shared/manifest.ts';
import { prefixOf } from '../../shared/blob-prefix.ts';
import { overwritePolicies, type Restore, type RestoreInput } from '../../shared/restore.ts';
import { requireContainer } from '../../storage/require-container.ts';
import { checkOptions } from '../check-options.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import { withFailureTypes } from '../failures.ts';
import { withHeartbeat } from '../heartbeat.ts';
import { jobId } from '../job-id.ts';
import { markReading } from '../open/mark-reading.ts';
import { countSelected, onlySelected } from './count-selected.ts';
import { requireSpace } from './free-space.ts';
import { foldsNames } from './name-clashes.ts';
import { probeFolding } from './probe-folding.ts';
import { requireApart } from './require-apart.ts';
import { normalizePaths } from './select-paths.ts';
import { checkTarget, findTarget, makeTarget } from './target-directory.ts';

type Wishes = Pick<Restore, 'paths' | 'overwrite' | 'delete' | 'dryRun' | 'options'>;

/**
 * Fixes what a restore is about before anything is written: the run is whole, each path names something in it, and the target can
 * take it. What is wrong with any of these changes nothing.
 */
export function createOpenRestore(deps: ActivityDependencies) {
  return (input: RestoreInput, startedAt: string): Promise<Restore> =>
    withFailureTypes(() =>
      withHeartbeat(async (signal) => {
        const { store } = deps;
        const prefix = prefixOf(input, deps.prefix);
        const wishes = checkWishes(input);
        const given = input.target === undefined ? undefined : checkTarget(input.target);
        await requireContainer(store, signal);
        const { manifest, etag } = await findRun(store, { prefix, run: input.run, root: input.root }, signal);
        if (wishes.delete) requireComplete(manifest);
        await checkWhole(store, manifest, signal);
        const exact = await exactPaths(store, manifest, wishes.paths ?? [], signal);
        const asked = { ...wishes, ...(exact.size > 0 && { exact: Object.fromEntries(exact) }) };
        const entries = () => onlySelected(readEntries(store, manifest, {}, signal), asked);
        const bytes = asked.paths ? await countSelected(entries(), asked) : manifest.bytes;
        const restore: Restore = {
          id: jobId(startedAt),
          run: manifest.run,
          manifestEtag: etag,
          root: manifest.root,
          target: given ?? checkTarget(manifest.root),
          container: store.container,
          prefix,
          ...asked,
        };
        const { path: target } = await findTarget(restore.target, deps.roots);
        await requireApart({ store, manifest, target, restore, ownFolders: deps.ownFolders ?? [] }, signal);
        await markReading(store, 'restores', restore, signal);
        await prepareTarget(restore, deps.roots, bytes, entries);
        return restore;
      }),
    );
}

function checkWishes(input: RestoreInput): Wishes {
  const { overwrite = 'if-changed', delete: deletes = false, dryRun = false } = input;
  if (!overwritePolicies.includes(overwrite)) {
    throw invalid(`overwrite: give one of ${overwritePolicies.join(', ')}, not ${JSON.stringify(overwrite)}`);
  }
  if (typeof input.run !== 'string') throw invalid('run: give the id of a run, latest, or a time in ISO 8601');
  for (const [name, value] of Object.entries({ delete: deletes, dryRun })) {
    if (typeof value !== 'boolean') throw invalid(`${name}: give true or false, not ${JSON.stringify(value)}`);
  }
  const paths = normalizePaths(input.paths);
  return { ...(paths && { paths }), overwrite, delete: deletes, dryRun, options: checkOptions(input.options) };
}

function requireComplete({ run, complete, failed }: Manifest): void {
  if (complete) return;
  throw invalid(
    `delete: run ${run} is incomplete (${failed} failed), so what it lacks may be what the target has: restore it without delete, or another run`,
  );
}

async function prepareTarget(
  restore: Restore,
  roots: readonly string[],
  bytes: number,
  entries: () => AsyncIterable<ManifestEntry>,
): Promise<void> {
  await requireSpace(await findTarget(restore.target, roots), bytes, entries);
  if (restore.dryRun) return;
  const real = await makeTarget(restore.target, roots);
  if (restore.delete && foldsNames(await probeFolding(real, restore.id))) {
    throw invalid(
      `delete: ${real} does not tell names apart by case or by how accents are written, so a file could be taken for another; restore without delete`,
    );
  }
}

function invalid(message: string): ExpectedError {
  return new ExpectedError(failureTypes.invalidInput, message);
}
