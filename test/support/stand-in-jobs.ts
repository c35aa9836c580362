import { defaultJobOptions, type SealedPage } from '../../src/contracts/job.ts';
import type { Tally } from '../../src/contracts/backup.ts';
import type { Activities } from '../../src/activities/index.ts';
import { emptyRestoreTally } from '../../src/contracts/restore.ts';
import { emptyVerificationTally } from '../../src/contracts/verification.ts';
import { createStandIns, type BackupActivities, type Plan, type Seen } from './stand-in-activities.ts';

type RestoreActivities = Pick<
  Activities,
  | 'resumeReading'
  | 'openRestore'
  | 'listRestore'
  | 'listUnrestored'
  | 'restoreFiles'
  | 'sealRestorePage'
  | 'commitRestore'
>;
type VerifyActivities = Pick<
  Activities,
  | 'resumeReading'
  | 'openVerification'
  | 'listVerification'
  | 'listUnverified'
  | 'verifyFiles'
  | 'sealVerificationPage'
  | 'commitVerification'
>;

const resumeReading = () => Promise.resolve();
const common = { manifestEtag: '"1"', root: '/srv', container: 'c', prefix: '' } as const;

/** The stand-ins of a backup, asked as a restore asks. */
export function createRestoreStandIns(plan: Plan): { activities: RestoreActivities; seen: Seen } {
  const { activities: as, seen } = createStandIns(plan);
  const tally = ({ files, bytes, failed }: Tally) => ({ ...emptyRestoreTally, files, bytes, restored: files, failed });
  return {
    seen,
    activities: {
      resumeReading,
      openRestore: async ({ run, target = '/srv' }, startedAt) => ({
        ...common,
        id: startedAt,
        run,
        target,
        overwrite: 'if-changed',
        delete: false,
        dryRun: false,
        options: { ...defaultJobOptions, ...plan.options },
      }),
      listRestore: (...args) => as.listFiles(...anyRun(args)),
      listUnrestored: (...args) => as.listFailed(...anyRun(args)),
      restoreFiles: (...args) => as.copyFiles(...anyRun(args)),
      sealRestorePage: async (...args) => sealed(await as.sealPage(...anyRun(args)), tally),
      commitRestore: async (...args) => committed(await as.commitRun(...anyRun(args)), tally),
    },
  };
}

/** And as a verification asks. */
export function createVerifyStandIns(plan: Plan): { activities: VerifyActivities; seen: Seen } {
  const { activities: as, seen } = createStandIns(plan);
  const tally = ({ files, bytes, failed }: Tally) => ({
    ...emptyVerificationTally,
    files: files + failed,
    bytes,
    intact: files,
    corrupt: failed,
    failed,
  });
  return {
    seen,
    activities: {
      resumeReading,
      openVerification: async ({ run, deep = false }, startedAt) => ({
        ...common,
        id: startedAt,
        run,
        deep,
        options: { ...defaultJobOptions, ...plan.options },
      }),
      listVerification: (...args) => as.listFiles(...anyRun(args)),
      listUnverified: (...args) => as.listFailed(...anyRun(args)),
      verifyFiles: (...args) => as.copyFiles(...anyRun(args)),
      sealVerificationPage: async (...args) => sealed(await as.sealPage(...anyRun(args)), tally),
      commitVerification: async (...args) => committed(await as.commitRun(...anyRun(args)), tally),
    },
  };
}

const anyRun = <A extends unknown[]>([, ...rest]: [unknown, ...A]) =>
  [undefined as unknown as Parameters<BackupActivities['sealPage']>[0], ...rest] as const;

function sealed<T>({ tally, ...rest }: SealedPage<Tally>, other: (tally: Tally) => T): SealedPage<T> {
  return { ...rest, tally: other(tally) };
}

function committed<T>({ tally }: { tally: Tally }, other: (tally: Tally) => T): { report: string; tally: T } {
  return { report: 'c/report.json', tally: other(tally) };
}
