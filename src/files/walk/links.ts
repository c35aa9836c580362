import type { BigIntStats } from 'node:fs';
import { lstat, stat } from 'node:fs/promises';
import { ExpectedError } from '../../contracts/failures.ts';
import { nameOfKind } from '../../contracts/manifest.ts';
import type { ResolveWithin } from '../confine.ts';
import { isWithin } from '../paths.ts';
import { attributesOf, specialOf } from '../stat.ts';
import type { Child, Found, Inspect } from './scope.ts';

/** Where a directory of a listing really is. */
export interface Trail {
  /** Every symlink resolved. */
  readonly real: Buffer;
  /** How many symlinks led there. */
  readonly links: number;
  /** The directory that held the last of them. */
  readonly before?: Trail;
}

/** What a symlink is backed up as: what it leads to, or itself, with the reason. */
type Followed = { readonly stats: BigIntStats; readonly real: Buffer } | { readonly reason: string };

// Directories that link to each other have as many paths as there are ways through them.
const mostLinks = 4;

/** Whether a symlink in a directory is backed up as a directory. */
export async function leadsToFolder(resolve: ResolveWithin, trail: Trail, link: Buffer): Promise<boolean> {
  const led = await followLink(link, trail, resolve);
  return led !== undefined && 'stats' in led && led.stats.isDirectory();
}

/** What is at a path, or where the symlink there leads; with the reason when that is not followed. */
export async function inspectFollowed(
  resolve: ResolveWithin,
  trail: Trail,
  child: Child,
  inspect: Inspect,
): Promise<Found | undefined> {
  const found = await inspect(child);
  // What was listed as a directory and is a symlink counts as replaced there.
  const isLink = found?.entry.kind === 'symlink' || (child.isDirectory && found?.entry.error !== undefined);
  const led = found && isLink ? await followLink(child.location, trail, resolve) : undefined;
  return found && led ? behind(child, found, led) : found;
}

function behind(child: Child, link: Found, led: Followed): Found {
  const { entry } = link;
  if ('reason' in led) return entry.kind === 'symlink' ? { entry: { ...entry, reason: led.reason } } : link;
  const isDirectory = led.stats.isDirectory();
  // It leads to something else by now.
  if (isDirectory !== child.isDirectory) return link;
  const kind = isDirectory ? 'directory' : 'file';
  return { entry: { path: child.path, kind, ...attributesOf(led.stats) }, device: led.stats.dev, real: led.real };
}

/** The trail of a directory in another, or of one that a symlink there leads to. */
export async function trailInto(resolve: ResolveWithin, trail: Trail, child: Child): Promise<Trail> {
  const led = await followLink(child.location, trail, resolve);
  if (!led) return { ...trail, real: realOf(trail, child) };
  if ('reason' in led) throw new Error(led.reason);
  return { real: led.real, links: trail.links + 1, before: trail };
}

/** Where what is in a directory really is, unless it is a symlink. */
export function realOf({ real }: Trail, { location }: Child): Buffer {
  return Buffer.concat([real, location.subarray(location.lastIndexOf(0x2f))]);
}

async function followLink(link: Buffer, trail: Trail, resolve: ResolveWithin): Promise<Followed | undefined> {
  try {
    if (!(await lstat(link)).isSymbolicLink()) return undefined;
    const real = await resolve(link);
    const stats = await stat(real, { bigint: true });
    const reason = stats.isDirectory() ? circular(real, trail) : unusual(stats);
    return reason === undefined ? { stats, real } : { reason: `not followed: it ${reason}` };
  } catch (error) {
    return { reason: `not followed: it ${reasonOf(error)}` };
  }
}

function circular(real: Buffer, trail: Trail): string | undefined {
  for (let at: Trail | undefined = trail; at; at = at.before) {
    if (isWithin(at.real, real)) return 'leads to a directory that it is in itself';
  }
  return trail.links < mostLinks ? undefined : `is behind ${mostLinks} symlinks already`;
}

function unusual(stats: BigIntStats): string | undefined {
  return stats.isFile() ? undefined : `leads to ${nameOfKind({ kind: 'other', special: specialOf(stats) })}`;
}

function reasonOf(error: unknown): string {
  if (error instanceof ExpectedError) return error.message;
  const { code = 'unknown error' } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT' || code === 'ENOTDIR') return 'leads to nothing';
  return code === 'ELOOP' ? 'leads to itself' : `cannot be resolved (${code})`;
}
