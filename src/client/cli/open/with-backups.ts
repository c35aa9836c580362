import { isAbsolute, relative, resolve, sep } from 'node:path';
import type { AllBackups } from '../../sources/all-backups.ts';
import type { Backups } from '../../../history/views/backups.ts';
import type { Scope } from './scope.ts';
import { interrupted, exitCodes, type Call } from '../invocation.ts';
import type { Manifest } from '../../../contracts/manifest.ts';
import { ExpectedError, failureTypes } from '../../../contracts/failures.ts';

/**
 * Opens the storage account alone, the embedded one when the environment names none, for a command that only reads. Where nothing was
 * ever backed up no server is started and no folder made to say so.
 */
export async function withBackups(
  call: Call,
  work: (backups: Backups, signal: AbortSignal) => Promise<number>,
): Promise<number> {
  const { config, note, stop, leave } = call;
  leave.addEventListener('abort', () => process.exit(interrupted(call, 'Stopped.')));
  const { openBackups, openNothing } = await import('./storage.ts');
  const nothing = openNothing(config);
  if (nothing) return work(nothing, stop);
  const { openStack } = await import('./stack.ts');
  const stack = await openStack(config, note, { withTemporal: false });
  try {
    return await Promise.race([work(openBackups(config, stack.connectionString), stop), aborted(stop)]);
  } catch (error) {
    // Whatever was under way then was only being read.
    if (stop.aborted) return interrupted(call, 'Stopped.');
    throw error;
  } finally {
    await stack.close();
  }
}

// Whoever reads the output may have stopped to, and nothing waits for it then.
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const fail = () => reject(signal.reason as Error);
    if (signal.aborted) fail();
    signal.addEventListener('abort', fail, { once: true });
  });
}

/** As {@link withBackups}, with all that the scope of the call takes in. */
export function withScope(
  call: Call & Scope,
  work: (backups: AllBackups, signal: AbortSignal) => Promise<number>,
): Promise<number> {
  return withBackups(call, async (backups, signal) => {
    const { AllBackups } = await import('../../sources/all-backups.ts');
    return work(new AllBackups(backups, call.prefixes), signal);
  });
}

/** What a command that looks into runs reads with. */
export interface Look {
  readonly backups: Backups;
  readonly all: AllBackups;
  readonly signal: AbortSignal;
  /** The run that is meant: a complete one, unless an id names another. */
  readonly find: (run: string) => Promise<Manifest>;
}

/** Opens storage for a command that looks into runs. */
export function lookInto(call: Call & Scope, work: (look: Look) => Promise<void>): Promise<number> {
  const { root } = call;
  return withScope(call, async (all, signal) => {
    const find = async (run: string) => (await all.find({ run, ...(root !== undefined && { root }) }, signal)).manifest;
    // What a manifest names is read the same, whatever the prefix.
    await work({ backups: all.any, all, signal, find });
    return exitCodes.done;
  });
}

/** A path of a run as it is looked up there: absolute ones are made relative. Undefined for the root. */
export function pathIn({ root }: Pick<Manifest, 'root'>, path: string | undefined): string | undefined {
  return path === undefined ? undefined : pathBelow(root, path) || undefined;
}

/**
 * Paths and globs to restore as a restore takes them, relative to the root that was backed up: absolute ones below it are made so, and
 * what was written with a slash does not become a name at any depth. Undefined when none is given, or one is the root itself: then everything is meant. Throws an {@link ExpectedError} for one that leads elsewhere.
 */
export function pathsBelow(root: string | undefined, paths: readonly string[]): string[] | undefined {
  const below = paths.map((path) => {
    const way = pathBelow(root, path);
    const plain = path.replace(/(?<!\/)\/+$/u, '');
    return way === ''
      ? ''
      : `${plain.includes('/') && !way.includes('/') ? '/' : ''}${way}${plain === path ? '' : '/'}`;
  });
  return below.length === 0 || below.includes('') ? undefined : below;
}

/** The same of one path that is no glob; empty for the root itself. */
function pathBelow(root: string | undefined, path: string): string {
  if (path === '') throw wrong(path, 'It is empty; leave it out for everything');
  if (isAbsolute(path) && root === undefined) throw wrong(path, 'Give it relative to the directory that was backed up');
  // Where the root is not known here, any will do to take `.` and `..` away.
  const from = root ?? sep;
  const way = relative(from, resolve(from, path));
  if (way === '..' || way.startsWith(`..${sep}`) || isAbsolute(way)) {
    throw wrong(path, `It leads out of ${root ?? 'the directory that was backed up'}`);
  }
  return sep === '/' ? way : way.replaceAll(sep, '/');
}

function wrong(path: string, why: string): ExpectedError {
  return new ExpectedError(failureTypes.invalidInput, `path ${JSON.stringify(path)}: ${why}`);
}
