import { z } from 'zod';
import type { Filters } from './filters.ts';
import { shareSchema } from '../lib/units.ts';
import { flag, type Immutable } from './input.ts';

const count = z.int().min(0);

/** Why a run may not be what its directory ought to hold, told by the last good run of the same directory. */
export const suspicionSchema = z
  .strictObject({
    since: z.string().meta({ description: 'The good run that it was compared with' }),
    files: count.meta({ description: 'Files of that run' }),
    // Those that the run neither holds nor failed to read.
    lost: count.meta({ description: 'How many of them are gone' }),
    reasons: z.array(z.string()).min(1).meta({ description: 'In words' }),
    // From then on it is a run like any other. No manifest holds it.
    acceptedAt: z.string().exactOptional().meta({ description: 'When somebody said that it is meant to be so' }),
  })
  .meta({ description: 'Why a run may not be what its directory ought to hold' });

export type Suspicion = Immutable<z.infer<typeof suspicionSchema>>;

/** The file system that a directory is on, by what outlasts a restart of the machine. */
export const fileSystemSchema = z.object({
  type: z.string().meta({ description: 'Such as ext4' }),
  source: z.string().meta({ description: 'What is mounted: a device, an address, or a name that says nothing' }),
  mountedAt: z.string(),
  uuid: z.string().exactOptional().meta({ description: 'Of the device, where the system tells it' }),
});

export type FileSystem = Immutable<z.infer<typeof fileSystemSchema>>;

/** The share of the files that a run may lose. */
export const defaultMaxLoss = 0.5;
/** A run that lost fewer files than this is not suspect, unless it holds none at all any more. */
const leastLost = 10;

/** The members by which a backup says what it may lose. */
export const lossMembers = {
  maxLoss: shareSchema.exactOptional().meta({
    description: `Share of the last good run's files that the run may lose before it is suspect; ${defaultMaxLoss} unless given`,
  }),
  expectLoss: flag('Whatever is lost is meant: the run is not suspect'),
};

/** The good run that tells whether a later one of the same directory is suspect, as far as that needs it. */
export interface Reference {
  readonly run: string;
  /** Files that it holds. */
  readonly files: number;
  readonly fileSystem?: FileSystem;
  /** It was asked for another part of the tree than the later one is. */
  readonly otherFilters?: true;
}

/** What decides whether a run is suspect, as it was fixed when the run began. */
export interface Judged {
  /** The share of the reference's files that it may lose, above 0 and at most 1. */
  readonly maxLoss?: number;
  /** What its root is on; absent where the system does not tell. */
  readonly fileSystem?: FileSystem;
  /** Absent when no good run of the root is there, or when a loss is expected: nothing can make it suspect then. */
  readonly reference?: Reference;
}

/** What of the later one is compared with it. */
export interface Compared {
  readonly files: number;
  readonly failed: number;
  readonly fileSystem?: FileSystem | undefined;
}

/** Whether a run is suspect, which nobody has said to be meant. */
export function isSuspect({ suspect }: { readonly suspect?: Suspicion }): boolean {
  return suspect !== undefined && suspect.acceptedAt === undefined;
}

/** Whether a run is a success: no file failed, and it is not suspect. */
export function isGood(run: { readonly complete: boolean; readonly suspect?: Suspicion }): boolean {
  return run.complete && !isSuspect(run);
}

/**
 * What makes a run suspect: it holds no file any more, lost more than `maxLoss` of the files, or its directory is on another file system.
 * A loss is counted whatever the filters are, for a slip in them loses files as an unmounted disk does; the reason then names them.
 */
export function suspicionOf(
  { reference, maxLoss = defaultMaxLoss }: Judged,
  now: Compared,
  lost: number,
): Suspicion | undefined {
  if (!reference) return undefined;
  const { run: since, files } = reference;
  const reasons = [...lossReasons(reference, now, { lost, maxLoss }), ...fileSystemReasons(reference, now)];
  return reasons.length === 0 ? undefined : { since, files, lost, reasons };
}

function lossReasons(
  { run, files, otherFilters }: Reference,
  now: Compared,
  { lost, maxLoss }: { readonly lost: number; readonly maxLoss: number },
): string[] {
  const isEmpty = files > 0 && now.files + now.failed === 0;
  if (!isEmpty && (lost < leastLost || lost <= maxLoss * files)) return [];
  const what = isEmpty
    ? `it holds no file, and run ${run} holds ${files}`
    : `${lost} of the ${files} files of run ${run} are gone, and at most ${percent(maxLoss)} may be`;
  return [otherFilters ? `${what}; its filters are other ones than that run's` : what];
}

/** Whether two runs were asked for the same part of the tree. */
export function sameFilters(one: Filters | undefined, other: Filters | undefined): boolean {
  const text = (filters: Filters = {}) =>
    JSON.stringify(Object.entries(filters).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  return text(one) === text(other);
}

function percent(share: number): string {
  return `${Number((share * 100).toFixed(2))}%`;
}

function fileSystemReasons({ run, fileSystem: was }: Reference, now: Compared): string[] {
  const is = now.fileSystem;
  if (was === undefined || is === undefined || isSameFileSystem(was, is)) return [];
  return [`its directory is on another file system, ${nameOf(is)}, than in run ${run}, ${nameOf(was)}`];
}

function nameOf({ type, source, mountedAt }: FileSystem): string {
  return `${source} (${type}) at ${mountedAt}`;
}

/**
 * Device numbers change when a machine starts anew, and so may `/dev/sda` and `/dev/sdb`: by themselves they tell nothing. A UUID does, an
 * address does, and where both are lacking the place where it is mounted does, for what lies under a disk that is not mounted is seen at
 * the place of another. Subvolumes of one device are one: of these the files that are gone tell.
 */
function isSameFileSystem(one: FileSystem, other: FileSystem): boolean {
  if (one.uuid !== undefined && other.uuid !== undefined) return one.uuid === other.uuid;
  if (one.type !== other.type) return false;
  const isSameSource = sourceOf(one) === sourceOf(other);
  // Such as nfs:/export or pool/data; tmpfs, overlay and none are the source of many.
  if (isSameSource && /[/:]/u.test(one.source)) return true;
  const mayBeRenamed = isDevice(one) && isDevice(other);
  return (isSameSource || mayBeRenamed) && one.mountedAt === other.mountedAt;
}

/** What is mounted, whichever of its snapshots: some back up a new one each day. */
function sourceOf({ type, source }: FileSystem): string {
  return type === 'zfs' ? source.replace(/@.*$/u, '') : source;
}

function isDevice({ source }: FileSystem): boolean {
  return source.startsWith('/dev/');
}
