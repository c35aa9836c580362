import { opendir, realpath } from 'node:fs/promises';
import { ExpectedError, failureTypes } from '../../contracts/failures.ts';
import type { Manifest } from '../../contracts/manifest.ts';
import type { BlobStore } from '../../storage/blob-store.ts';
import { targetBlob, targetsFolder } from '../../storage/run-layout.ts';

/** A directory on a host that a run is to be restored into. */
export interface TargetPlace {
  readonly store: BlobStore;
  readonly host: string;
  readonly manifest: Manifest;
  /** A real path. */
  readonly target: string;
}

/**
 * Whether all in a directory can be taken for what was restored of the directory that was backed up: it is that directory itself, on the
 * host that backed it up; or it is empty; or a restore of it went there before.
 */
export async function isOwnTarget(place: TargetPlace, signal: AbortSignal): Promise<boolean> {
  const { store, host, manifest, target } = place;
  // What may not be looked into is taken to hold something.
  if (await isEmpty(target).catch(() => false)) return true;
  if (manifest.host === host && (await realPathOf(manifest.root)) === target) return true;
  return (await store.properties(markOf(place), signal)) !== undefined;
}

/**
 * Writes down that the directory is a place for what was backed up of that other one. In storage and not in the directory, which gets
 * nothing but what the run holds.
 */
export async function markTarget(place: TargetPlace, signal: AbortSignal): Promise<void> {
  const { store, host, manifest, target } = place;
  const body = Buffer.from(`${JSON.stringify({ format: 1, host, target, root: manifest.root })}\n`);
  await store.put(markOf(place), body, { signal, contentType: 'application/json' });
}

/**
 * The same question where the host is not known, as at the API: false only for a directory that is seen there, with something in it, and
 * that is on no host a place for this.
 */
export async function mayBeOwnTarget(
  { store, manifest, target }: Omit<TargetPlace, 'host'>,
  signal: AbortSignal,
): Promise<boolean> {
  const real = await realPathOf(target);
  if (real === undefined || target === manifest.root || (await isEmpty(real).catch(() => true))) return true;
  if ((await realPathOf(manifest.root)) === real) return true;
  for await (const _ of store.list(targetsFolder(manifest.prefix, [real, manifest.root]), signal)) return true;
  return false;
}

/** What to do where a mirror would be the first that is put into a directory full of other things. */
export function foreignTarget(target: string, { root }: Manifest): ExpectedError {
  return new ExpectedError(
    failureTypes.invalidInput,
    `delete: ${target} is not empty, and nothing of ${root} was restored into it before: look with a dry run at what would be deleted, and give --force (over HTTP force: true) where that is meant`,
  );
}

async function isEmpty(directory: string): Promise<boolean> {
  const opened = await opendir(directory);
  try {
    return (await opened.read()) === null;
  } finally {
    await opened.close();
  }
}

function realPathOf(path: string): Promise<string | undefined> {
  return realpath(path).catch(() => undefined);
}

function markOf({ host, manifest: { prefix, root }, target }: TargetPlace): string {
  return targetBlob(prefix, [target, root], host);
}
