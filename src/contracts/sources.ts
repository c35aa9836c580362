import type { BackupInput } from './backup.ts';
import type { Filters } from './filters.ts';
import type { RetentionPolicy } from './forget.ts';

/**
 * One entry of the sources file, checked and filled in: what is backed up by a name, where to, when, and what follows. Durations are
 * milliseconds, sizes bytes.
 */
export interface SourceDefinition {
  /** How it is called: letters, digits, dots, hyphens and underscores. */
  readonly name: string;
  /** Absolute path of the directory, on the machine that has it. */
  readonly root: string;
  /** Put before every blob's name; empty, or folders that each end in a slash. No other source's prefix is or begins with it. */
  readonly prefix: string;
  /** Where the directory is: a name that workers have among their `WORKER_NAMES`. Unless given, every worker can read it. */
  readonly worker?: string;
  /** Every run gets these. */
  readonly tags?: readonly string[];
  readonly filters?: Filters;
  /** The share of the last good run's files that a run may lose before it is suspect, above 0 and at most 1. */
  readonly maxLoss?: number;
  /** Which runs `forget` keeps. */
  readonly retention?: RetentionPolicy;
  readonly schedule?: SourceSchedule;
  readonly limits?: SourceLimits;
  readonly after?: SourceAftermath;
  readonly notify?: SourceNotifications;
}

/** When a source is backed up by itself: by `cron` or by `every`, never both. */
export interface SourceSchedule {
  /** Five fields, or a name such as `@daily`. */
  readonly cron?: string;
  readonly every?: number;
  /** A name of the IANA database, such as `Europe/Berlin`; UTC unless given. */
  readonly timeZone?: string;
  /** Each start is put off by a random time up to this. */
  readonly jitter?: number;
  /** How late a start that was missed is still made up for. */
  readonly catchupWindow?: number;
}

interface SourceLimits {
  /** Most bytes a second that each worker process sends of a backup's files. */
  readonly uploadLimit?: number;
  /** Copies in flight at once, over all workers. */
  readonly window?: number;
}

/** What follows a scheduled backup. */
interface SourceAftermath {
  /** Forgets runs by the source's retention. */
  readonly forget?: boolean;
  /** Deletes from storage what no run refers to any more. */
  readonly prune?: boolean;
  /** Reads a share of the run's files back, above 0 and at most 1. */
  readonly verify?: { readonly sample: number };
}

/** Who is told of what. */
export interface SourceNotifications {
  readonly success?: readonly NotificationTarget[];
  readonly failure?: readonly NotificationTarget[];
  /** When no run has succeeded for `missedAfter`. */
  readonly missed?: readonly NotificationTarget[];
  readonly missedAfter?: number;
}

export type NotificationTarget =
  | { readonly webhook: string }
  /** A program and its arguments; no shell reads them. */
  | { readonly command: readonly string[] };

/** What the backup of a source is asked. */
export function backupInputOf({ root, prefix, worker, tags, filters, maxLoss, limits }: SourceDefinition): BackupInput {
  return {
    root,
    prefix,
    ...(worker !== undefined && { worker }),
    ...(tags && tags.length > 0 && { tags }),
    ...(filters && { filters }),
    ...(maxLoss !== undefined && { maxLoss }),
    ...(limits?.uploadLimit !== undefined && { uploadLimit: limits.uploadLimit }),
    ...(limits?.window !== undefined && { options: { window: limits.window } }),
  };
}
