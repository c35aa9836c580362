import type { Activities } from '../../src/activities/index.ts';
import { type BackupOptions, type Copy, defaultBackupOptions } from '../../src/shared/contract.ts';
import { emptyTally } from '../../src/shared/tally.ts';

/** What the tree looks like to the stand-ins, and what happens to its copies. */
export interface Plan {
  /** Copies of each page. */
  readonly pages: readonly number[];
  readonly options?: Partial<BackupOptions>;
  readonly copy?: (copy: Copy) => Promise<void>;
}

/** What the workflow asked for, in order. */
export interface Seen {
  readonly listed: number[];
  readonly copied: string[];
  readonly sealed: { page: number; gaveUp: string[] }[];
  committed: number;
}

/**
 * Activities that stand in for disk and storage alone, for tests of which activities the workflow asks for, and when: every copy is
 * of one file of ten bytes.
 */
export function createStandIns({ pages, options, copy = () => Promise.resolve() }: Plan): {
  activities: Activities;
  seen: Seen;
} {
  const seen: Seen = { listed: [], copied: [], sealed: [], committed: 0 };
  const copyFiles: Activities['copyFiles'] = async (_run, item) => {
    seen.copied.push(`${item.page}/${item.number}`);
    await copy(item);
    return { files: item.files, bytes: item.bytes, failed: 0 };
  };
  const activities: Activities = {
    openRun: async (input, startedAt) => ({
      id: startedAt,
      root: input.root,
      container: 'c',
      prefix: '',
      options: { ...defaultBackupOptions, ...input.options, ...options },
    }),
    listFiles: async (_run, number) => {
      seen.listed.push(number);
      const copies = Array.from({ length: pages[number] ?? 0 }, (_, i) => ({
        page: number,
        number: i,
        from: i,
        to: i + 1,
        files: 1,
        bytes: 10,
        label: `f${i}`,
      }));
      return {
        number,
        copies,
        files: copies.length,
        bytes: 10 * copies.length,
        ...(number + 1 < pages.length && { cursor: `after ${number}` }),
      };
    },
    copyFile: copyFiles,
    copyFiles,
    sealPage: async (_run, page, gaveUp) => {
      seen.sealed.push({ page, gaveUp: gaveUp.map(({ number, reason }) => `${number}: ${reason}`) });
      const files = (pages[page] ?? 0) - gaveUp.length;
      const failures = gaveUp.map(({ number, reason }) => ({ path: `f${number}`, outcome: 'failed' as const, reason }));
      return { tally: { ...emptyTally, files, bytes: 10 * files, uploaded: files, failed: gaveUp.length }, failures };
    },
    commitRun: async () => {
      seen.committed += 1;
      return 'c/manifest.json';
    },
  };
  return { activities, seen };
}
