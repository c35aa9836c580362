import type { Activities } from '../../src/activities/index.ts';
import type { NotedFailure } from '../../src/activities/backup/note-failed-backup.ts';
import { type Tally, emptyTally } from '../../src/contracts/backup.ts';
import { type JobOptions, type Slice, defaultJobOptions, type Page, addTallies } from '../../src/contracts/job.ts';
import type { Suspicion } from '../../src/contracts/suspicion.ts';

/** What the tree looks like to the stand-ins, and what happens to its copies. */
export interface Plan {
  /** Copies of each page. */
  readonly pages: readonly number[];
  readonly options?: Partial<JobOptions>;
  /** One that fails with a reason that begins with `busy` is of a busy file. */
  readonly copy?: (copy: Slice) => Promise<void>;
  /** Why the run is suspect. */
  readonly suspect?: Suspicion;
}

/** Of the root, as the run is opened. */
export const rootAttributes = { size: 4096, mtimeNs: '1', ctimeNs: '1', mode: 0o750 };

/** What the workflow asked for, in order. */
export interface Seen {
  readonly listed: number[];
  readonly copied: string[];
  readonly sealed: { page: number; gaveUp: string[] }[];
  readonly again: string[];
  readonly noted: NotedFailure[];
  committed: number;
  /** What the last commit was given besides its times. */
  attributes?: unknown;
}

export type BackupActivities = Pick<
  Activities,
  | 'openRun'
  | 'reopenRun'
  | 'listFiles'
  | 'listFailed'
  | 'copyFile'
  | 'copyFiles'
  | 'sealPage'
  | 'commitRun'
  | 'noteFailedBackup'
>;

/**
 * Activities that stand in for disk and storage alone, for tests of which activities the workflow asks for, and when: every copy is
 * of one file of ten bytes.
 */
export function createStandIns({ pages, options, copy = () => Promise.resolve(), suspect }: Plan): {
  activities: BackupActivities;
  seen: Seen;
} {
  const seen: Seen = { listed: [], copied: [], sealed: [], again: [], noted: [], committed: 0 };
  const tallies = new Map<number, Tally>();
  const failed = new Map<number, string[]>();
  const copyFiles: Activities['copyFiles'] = async (_run, item) => {
    seen.copied.push(`${item.page}/${item.label?.slice(1)}`);
    await copy(item);
    return { files: item.files, bytes: item.bytes, failed: 0 };
  };
  const pageOf = (number: number, labels: readonly string[]): Page => ({
    number,
    copies: labels.map((label, i) => ({ page: number, number: i, from: i, to: i + 1, files: 1, bytes: 10, label })),
    files: labels.length,
    bytes: 10 * labels.length,
  });
  const activities: BackupActivities = {
    openRun: async (input, startedAt) => ({
      run: {
        id: startedAt,
        root: input.root,
        container: 'c',
        prefix: '',
        options: { ...defaultJobOptions, ...input.options, ...options },
      },
      rootAttributes,
    }),
    reopenRun: async (run) => run,
    listFiles: async (_run, number) => {
      seen.listed.push(number);
      const labels = Array.from({ length: pages[number] ?? 0 }, (_, i) => `f${i}`);
      return { ...pageOf(number, labels), ...(number + 1 < pages.length && { cursor: `after ${number}` }) };
    },
    listFailed: async (_run, number, only) => {
      seen.listed.push(number);
      seen.again.push(`${only ?? 'failed'} of ${number}`);
      return pageOf(number, failed.get(number) ?? []);
    },
    copyFile: copyFiles,
    copyFiles,
    sealPage: async (_run, page, gaveUp) => {
      seen.sealed.push({ page, gaveUp: gaveUp.map(({ number, reason }) => `${number}: ${reason}`) });
      const copied = failed.get(page) ?? Array.from({ length: pages[page] ?? 0 }, (_, i) => `f${i}`);
      const failures = gaveUp.map(({ number, reason }) => ({
        path: copied[number] ?? '',
        outcome: 'failed' as const,
        reason,
      }));
      failed.set(
        page,
        failures.map(({ path }) => path),
      );
      const files = (pages[page] ?? 0) - gaveUp.length;
      const tally = { ...emptyTally, files, bytes: 10 * files, uploaded: files, failed: gaveUp.length };
      tallies.set(page, tally);
      const busy = failures.filter(({ reason }) => reason.startsWith('busy')).length;
      return { tally, failures, ...(busy > 0 && { busy }) };
    },
    commitRun: async (_run, end) => {
      seen.committed += 1;
      seen.attributes = end.rootAttributes;
      const tally = [...tallies.values()].reduce(addTallies, emptyTally);
      return { manifest: 'c/manifest.json', tally, ...(suspect && { suspect }) };
    },
    noteFailedBackup: async (_input, failure) => void seen.noted.push(failure),
  };
  return { activities, seen };
}
