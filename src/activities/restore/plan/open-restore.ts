import { readdir } from 'node:fs/promises';
import { markReading } from '../../../claims/reading-mark.ts';
import { ExpectedError, failureTypes } from '../../../contracts/failures.ts';
import type { Filters } from '../../../contracts/filters.ts';
import { isAmbiguous } from '../../../contracts/globs/path-pattern.ts';
import { parseInput } from '../../../contracts/input.ts';
import { allOptions } from '../../../contracts/job.ts';
import type { Manifest, ManifestEntry } from '../../../contracts/manifest.ts';
import { restoreInputSchema, type Restore, type RestoreInput } from '../../../contracts/restore.ts';
import { exactPaths } from '../../../history/entries/exact-paths.ts';
import { checkWhole } from '../../../history/entries/read-below.ts';
import { readEntries } from '../../../history/entries/read-entries.ts';
import { foreignTarget, isOwnTarget, markTarget, type TargetPlace } from '../../../history/records/own-target.ts';
import { findRun } from '../../../history/runs/run-catalogue.ts';
import { requireContainer } from '../../../storage/require-container.ts';
import { jobLayout } from '../../../storage/run-layout.ts';
import type { ActivityDependencies } from '../../dependencies.ts';
import type { Attempt } from '../../paged/activity.ts';
import { jobId } from '../../paged/job-id.ts';
import { openableTarget } from '../target/closed-folders.ts';
import { modeMeanwhile } from '../target/make-directories.ts';
import { checkTarget, findTarget, type Target, type Targets } from '../target/targets.ts';
import { requireApart, requireSpace } from './check-target.ts';
import { planDeletions } from './deletion-plan.ts';
import { foldsNames, probeFolding } from './name-clashes.ts';
import { countSelected, normalizePaths, onlySelected } from './select-paths.ts';

type Wishes = Pick<Restore, 'paths' | 'overwrite' | 'delete' | 'dryRun' | 'options'>;

/**
 * Fixes what a restore is about before anything is written: the run is whole, each path names something in it, the target can take it,
 * and what is to be deleted there is written down. What is wrong with any of these changes nothing.
 */
export function createOpenRestore(deps: ActivityDependencies, targets: Targets) {
  return async ({ signal }: Attempt, input: RestoreInput, startedAt: string): Promise<Restore> => {
    const { store } = deps;
    const read = parseInput(restoreInputSchema, input);
    const { prefix = deps.prefix } = read;
    const wishes = wishesOf(read);
    const given = read.target === undefined ? undefined : checkTarget(read.target);
    await requireContainer(store, signal);
    const { manifest, etag } = await findRun(store, { prefix, run: input.run, root: input.root }, signal);
    const place = await placeOf(deps, manifest, given ?? checkTarget(manifest.root), signal);
    const needsForce = asksForForce(input, place, wishes);
    await checkWhole(store, manifest, signal);
    const exact = await exactPaths(store, manifest, (wishes.paths ?? []).filter(isAmbiguous), signal);
    const { asked: target } = place;
    const fixed = { id: jobId(startedAt), manifestEtag: etag, container: store.container, prefix };
    const restore: Restore = {
      ...fixed,
      run: manifest.run,
      root: manifest.root,
      target,
      ...(await rootAttributesOf(targets, manifest, { target, ...wishes })),
      ...wishes,
      ...(exact.size > 0 && { exact: Object.fromEntries(exact) }),
      ...(needsForce && { needsForce }),
    };
    await prepare({ ...deps, targets, signal }, restore, place);
    return wishes.delete ? withDeletions({ store, targets, signal }, restore, manifest) : restore;
  };
}

/** A directory that a run is to be restored into, as it is found. */
interface FoundPlace extends TargetPlace {
  /** As the caller wrote it. */
  readonly asked: string;
  readonly isOwn: boolean;
}

async function placeOf(
  { store, host, roots }: ActivityDependencies,
  manifest: Manifest,
  asked: string,
  signal: AbortSignal,
): Promise<FoundPlace> {
  const { path, existing } = await findTarget(asked, roots);
  const place = { store, host, manifest, target: path };
  return { ...place, asked, isOwn: existing !== path || (await isOwnTarget(place, signal)) };
}

/** Whether a mirror asks for `force`, of a dry run; throws what asks for it otherwise. */
function asksForForce(
  { force }: RestoreInput,
  { manifest, asked, isOwn }: FoundPlace,
  { delete: deletes, dryRun }: Wishes,
): boolean {
  if (!deletes || force === true) return false;
  requireTold(manifest);
  if (!isOwn && !dryRun) throw foreignTarget(asked, manifest);
  return !isOwn;
}

interface Preparing extends Pick<ActivityDependencies, 'store' | 'ownFolders'> {
  readonly targets: Targets;
  readonly signal: AbortSignal;
}

/** Makes sure that the target can take what is asked for, and unless it is a dry run that it is there. */
async function prepare(preparing: Preparing, restore: Restore, place: FoundPlace): Promise<void> {
  const { store, ownFolders = [], signal } = preparing;
  const { manifest, target, isOwn } = place;
  const entries = () => onlySelected(readEntries(store, manifest, {}, signal), restore);
  const bytes = restore.paths ? await countSelected(entries(), restore) : manifest.bytes;
  await requireApart({ store, manifest, target, restore, ownFolders }, signal);
  await markReading(store, 'restores', restore, signal);
  await prepareTarget(preparing, restore, bytes, entries);
  // A few paths do not make a folder that holds other things a place for all of them.
  if (!restore.dryRun && (!restore.paths || isOwn)) await markTarget(place, signal);
}

async function withDeletions(
  { store, targets, signal }: Preparing,
  restore: Restore,
  manifest: Manifest,
): Promise<Restore> {
  const deletions = await targets.inFound(restore.target, ({ realTarget, existing, folders }) =>
    // In a dry run the target need not be there, and then nothing in it can be too much.
    existing === realTarget
      ? folders.within('', (top) => planDeletions(store, restore, { manifest, realTarget, top }, signal))
      : Promise.resolve(0),
  );
  return { ...restore, deletions };
}

function wishesOf(read: RestoreInput): Wishes {
  const { overwrite = 'if-changed', delete: deletes = false, dryRun = false, options } = read;
  const paths = normalizePaths(read.paths);
  return { ...(paths && { paths }), overwrite, delete: deletes, dryRun, options: allOptions(options) };
}

async function prepareTarget(
  { store, targets, signal }: Preparing,
  restore: Restore,
  bytes: number,
  entries: () => AsyncIterable<ManifestEntry>,
): Promise<void> {
  await targets.inFound(restore.target, (found) => requireSpace(found, bytes, entries));
  if (restore.dryRun) return;
  const check = async ({ realTarget, folders }: Target) => {
    const target = openableTarget(folders, store, jobLayout('restores', restore), signal);
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

/**
 * Throws an {@link ExpectedError} when nobody can tell what a run left out, so that a mirror of it could delete just that: an earlier version
 * made it and did not write that down, and it was not by globs alone, which tell it themselves.
 */
function requireTold(manifest: Manifest): void {
  const { run, root, excluded = 0, filters = {}, leftOut } = manifest;
  const mayBeHidden = goesByState(filters) || (excluded > 0 && filters.ignoreFiles !== false);
  if (leftOut !== undefined || !mayBeHidden) return;
  throw new ExpectedError(
    failureTypes.invalidInput,
    `delete: run ${run} is of an earlier version, which did not write down what it left out: back ${root} up once more and restore that run, restore without delete, or give --force (over HTTP force: true); then only what its filters and the ignore files that it holds leave out is sure to stay`,
  );
}

/** Whether what was left out depends on what was found there, and not on names alone. */
function goesByState({ excludeIfPresent = [], excludeCaches, largerThan, oneFileSystem }: Filters): boolean {
  return excludeIfPresent.length > 0 || excludeCaches === true || largerThan !== undefined || oneFileSystem === true;
}
