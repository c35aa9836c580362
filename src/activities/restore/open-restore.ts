import { readdir } from 'node:fs/promises';
import { exactPaths } from '../../manifests/exact-paths.ts';
import { checkWhole } from '../../manifests/check-whole.ts';
import { readEntries } from '../../manifests/read-entries.ts';
import { findRun } from '../../manifests/run-catalogue.ts';
import { ExpectedError, failureTypes } from '../../shared/failures.ts';
import type { Manifest, ManifestEntry } from '../../shared/manifest.ts';
import { prefixOf } from '../../shared/blob-prefix.ts';
import { overwritePolicies, type Restore, type RestoreInput } from '../../shared/restore.ts';
import type { BlobStore } from '../../storage/blob-store.ts';
import { requireContainer } from '../../storage/require-container.ts';
import { jobLayout } from '../../storage/run-layout.ts';
import { checkOptions } from '../check-options.ts';
import type { ActivityDependencies } from '../dependencies.ts';
import { withFailureTypes } from '../failures.ts';
import { withHeartbeat } from '../heartbeat.ts';
import { jobId } from '../job-id.ts';
import { markReading } from '../open/mark-reading.ts';
import { countSelected, onlySelected } from './count-selected.ts';
import { requireSpace } from './free-space.ts';
import { modeMeanwhile } from './make-directories.ts';
import { foldsNames } from './name-clashes.ts';
import { createDirectoryOpener } from './open-directories.ts';
import { createOpenedDirectories } from './opened-directories.ts';
import { probeFolding } from './probe-folding.ts';
import { requireApart } from './require-apart.ts';
import { normalizePaths } from './select-paths.ts';
import { checkTarget, findTarget } from './target-directory.ts';
import type { Target, Targets } from './targets.ts';

type Wishes = Pick<Restore, 'paths' | 'overwrite' | 'delete' | 'dryRun' | 'options'>;

/**
 * Fixes what a restore is about before anything is written: the run is whole, each path names something in it, and the target can
 * take it. What is wrong with any of these changes nothing.
 */
export function createOpenRestore(deps: ActivityDependencies, targets: Targets) {
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
        const target = given ?? checkTarget(manifest.root);
        const restore: Restore = {
          id: jobId(startedAt),
          run: manifest.run,
          manifestEtag: etag,
          root: manifest.root,
          target,
          container: store.container,
          prefix,
          ...(await rootAttributesOf(targets, manifest, { target, ...wishes })),
          ...asked,
        };
        const { path: realTarget } = await findTarget(target, deps.roots);
        await requireApart({ store, manifest, target: realTarget, restore, ownFolders: deps.ownFolders ?? [] }, signal);
        await markReading(store, 'restores', restore, signal);
        await prepareTarget({ store, targets, signal }, restore, bytes, entries);
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
  { store, targets, signal }: { readonly store: BlobStore; readonly targets: Targets; readonly signal: AbortSignal },
  restore: Restore,
  bytes: number,
  entries: () => AsyncIterable<ManifestEntry>,
): Promise<void> {
  await targets.inFound(restore.target, (found) => requireSpace(found, bytes, entries));
  if (restore.dryRun) return;
  const check = async ({ realTarget, folders }: Target) => {
    const opened = createOpenedDirectories(store, jobLayout('restores', restore), signal);
    const target = { folders, withOpenDirectories: createDirectoryOpener(folders, opened) };
    if (restore.delete && foldsNames(await probeFolding(target, restore.id))) {
      throw invalid(
        `delete: ${realTarget} does not tell names apart by case or by how accents are written, so a file could be taken for another; restore without delete`,
      );
    }
  };
  await targets.inMade(restore.target, check, restore.rootAttributes && modeMeanwhile);
}

/** What the target itself becomes: a restore of some paths, or one that leaves alone what is there, changes nothing about it. */
async function rootAttributesOf(
  targets: Targets,
  { rootAttributes }: Manifest,
  { target, paths, overwrite }: Pick<Restore, 'target' | 'paths' | 'overwrite'>,
): Promise<Pick<Restore, 'rootAttributes'>> {
  if (rootAttributes === undefined || paths !== undefined) return {};
  if (overwrite === 'never' && !(await targets.inFound(target, isEmpty))) return {};
  return { rootAttributes };
}

async function isEmpty({ folders }: Target): Promise<boolean> {
  try {
    return await folders.within('', async ({ self }) => (await readdir(self)).length === 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return true;
  }
}

function invalid(message: string): ExpectedError {
  return new ExpectedError(failureTypes.invalidInput, message);
}
