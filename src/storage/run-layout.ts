import { createHash } from 'node:crypto';
import { systemFolder } from '../contracts/blob-prefix.ts';

/** What leaves data of its own in storage: the folders of each kind lie side by side. */
export type JobKind = 'runs' | 'restores' | 'verifications' | 'prunes';

export interface StoredJob {
  readonly prefix: string;
  readonly id: string;
  readonly round?: number;
}

const lastWrite: Readonly<Record<JobKind, string>> = {
  runs: 'manifest.json',
  restores: 'report.json',
  verifications: 'report.json',
  prunes: 'report.json',
};

/**
 * Where a job keeps its own data, below the folder of its prefix: the manifest of a run, or the report of a restore or a verification,
 * for good with its shards, and pages and outcomes while it runs, those of each later round in a folder of their own.
 */
export function jobLayout(kind: JobKind, job: StoredJob) {
  const folder = `${jobsFolder(kind, job.prefix)}${job.id}`;
  const round = job.round === undefined ? folder : `${folder}/rounds/${ordinal(job.round)}`;
  const opened = `${folder}/opened/`;
  const shards = `${folder}/${kind === 'runs' ? 'manifest' : 'ledger'}/`;
  return {
    folder: `${folder}/`,
    /** Written last; a job without it is incomplete. */
    manifest: `${folder}/${lastWrite[kind]}`,
    /** Blobs whose names sort in page order. */
    shards,
    shard: (page: number) => `${shards}${ordinal(page)}.ndjson.gz`,
    page: (page: number) => `${round}/pages/${ordinal(page)}.ndjson`,
    /** Of a run: what it left out, in blobs of no order. */
    leftOut: `${folder}/left-out/`,
    /** Of a restore: what it is to delete, in blobs whose names sort in the order of paths. */
    deletions: `${folder}/deletions/`,
    deletion: (part: number) => `${folder}/deletions/${ordinal(part)}.ndjson.gz`,
    /** What was written only to work on it, and is of no use once the job has ended for good. */
    scratch: [`${folder}/pages/`, `${folder}/outcomes/`, `${folder}/deletions/`, opened],
    rounds: `${folder}/rounds/`,
    /** Of a restore: the folders of the target that are to get their permissions back. */
    opened,
    /** Of a restore or a verification: which run it reads, and who it is. */
    reading: `${folder}/reading.json`,
    /** Of a suspect run: somebody said that it is meant to be so. It goes with the run. */
    accepted: `${folder}/accepted.json`,
    /** Of a prune: what is to become of each run. */
    plan: `${folder}/plan.ndjson`,
    outcomes: (page: number) => `${round}/outcomes/${ordinal(page)}/`,
    outcome: (page: number, copy: number) => `${round}/outcomes/${ordinal(page)}/${ordinal(copy)}.ndjson`,
  };
}

/** Where each of these things of a job is. */
export type JobLayout = ReturnType<typeof jobLayout>;

/** Where a run keeps its own data. */
export function runLayout(run: StoredJob): JobLayout {
  return jobLayout('runs', run);
}

/** The folder that holds one folder for each job of this kind; ends in `/`. */
export function jobsFolder(kind: JobKind, prefix: string): string {
  return `${prefixFolder(prefix)}/${kind}/`;
}

/**
 * Marks a run as forgotten. The marks of a prefix lie side by side and not in the runs' own folders, so that one listing tells all of
 * them; of a run that is deleted the mark goes last, by the prune after that.
 */
export function forgottenBlob({ prefix, id }: Pick<StoredJob, 'prefix' | 'id'>): string {
  return `${forgottenFolder(prefix)}${id}.json`;
}

/** The folder of these marks; ends in `/`. */
export function forgottenFolder(prefix: string): string {
  return `${prefixFolder(prefix)}/forgotten/`;
}

/** Everything that the jobs of a prefix write for themselves; ends in `/`. */
export function ownFolder(prefix: string): string {
  return `${prefixFolder(prefix)}/`;
}

/** The prefix whose folder right below the system folder has this name; undefined when no prefix's has. */
export function prefixOfFolder(name: string): string | undefined {
  try {
    const prefix = name === '@' ? '' : `${decodeURIComponent(name)}/`;
    return prefixFolder(prefix) === `${systemFolder}/${name}` ? prefix : undefined;
  } catch {
    return undefined;
  }
}

/** Tells which prune works below the prefix. */
export function pruningBlob(prefix: string): string {
  return `${prefixFolder(prefix)}/pruning.json`;
}

/** The folder of the marks of backups, one for each root that was ever backed up; ends in `/`. */
export function runningFolder(prefix: string): string {
  return `${prefixFolder(prefix)}/running/`;
}

/** The marks that a directory is a place for what was backed up of a root, one for each host; ends in `/`. */
export function targetsFolder(prefix: string, target: readonly [directory: string, root: string]): string {
  return `${prefixFolder(prefix)}/targets/${shortHash(target.join('\0'))}/`;
}

/** The one of a host. */
export function targetBlob(prefix: string, target: readonly [directory: string, root: string], host: string): string {
  return `${targetsFolder(prefix, target)}${shortHash(host)}.json`;
}

/** Tells which host writes below the prefix. */
export function ownerBlob(prefix: string): string {
  return `${prefixFolder(prefix)}/owner.json`;
}

/** Tells which backup of a root is under way. */
export function runningBlob(prefix: string, root: string): string {
  return `${runningFolder(prefix)}${shortHash(root)}.json`;
}

/** Tells of the last backups of a root that failed without leaving a manifest. */
export function failedBlob(prefix: string, root: string): string {
  return `${failedFolder(prefix)}${shortHash(root)}.json`;
}

/** The folder of these; ends in `/`. */
export function failedFolder(prefix: string): string {
  return `${prefixFolder(prefix)}/failed/`;
}

// A root can be longer than a blob's name.
function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}

// A prefix is a path of folders; as one segment it cannot run into another prefix's data. `@`, which encoding never leaves, stands for none.
function prefixFolder(prefix: string): string {
  return `${systemFolder}/${prefix === '' ? '@' : encodeURIComponent(prefix.replace(/\/$/u, ''))}`;
}

function ordinal(n: number): string {
  return String(n).padStart(8, '0');
}
