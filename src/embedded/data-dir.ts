import { existsSync, statSync } from 'node:fs';
import { access, realpath, mkdir, chmod, statfs } from 'node:fs/promises';
import { homedir } from 'node:os';
import { isAbsolute, join, resolve, dirname } from 'node:path';
import { ExpectedError } from '../contracts/failures.ts';

/** Where the embedded servers keep their data. */
interface DataDir {
  /** Absolute. */
  readonly dataDir: string;
  /** Where it would be, if an earlier version had not kept it in the working directory; undefined where that is not so. */
  readonly insteadOf?: string;
}

/**
 * The directory that `named`, the value of `DATA_DIR`, names. Without it there is one for each user, whatever the working directory is;
 * but what an earlier version kept in `.data` of the working directory goes on to be used there, for it may be all of one's backups.
 */
export function chooseDataDir(named: string | undefined, dataHome = '', workingDirectory = process.cwd()): DataDir {
  if (named !== undefined) return { dataDir: resolve(workingDirectory, named) };
  // By the specification of XDG a relative path counts as none.
  const home = isAbsolute(dataHome) ? dataHome : join(homedir(), '.local', 'share');
  const usual = join(home, 'durable-backup');
  const earlier = join(workingDirectory, '.data');
  return isEarlierStore(earlier) ? { dataDir: earlier, insteadOf: usual } : { dataDir: usual };
}

/** Of this user's alone: in a directory of others somebody could have put servers of his own there. */
function isEarlierStore(directory: string): boolean {
  if (!existsSync(directory)) return false;
  if (process.getuid && statSync(directory).uid !== process.getuid()) return false;
  const has = (...names: string[]) => names.some((name) => existsSync(join(directory, name)));
  return has('inventory.sqlite') || (has('stack') && has('azurite', 'temporal.db'));
}

/** Where, in the directory of their data, the state of the embedded servers is. */
export function stackDirectory(dataDir: string): string {
  return join(dataDir, 'stack');
}

/** The real path of `dataDir` where embedded servers have been started for it; undefined where none ever was. */
export async function findEmbeddedData(dataDir: string): Promise<string | undefined> {
  try {
    await access(stackDirectory(dataDir));
    return await realpath(dataDir);
  } catch {
    return undefined;
  }
}

/** Whether the embedded storage may hold something in `dataDir`: it was started there once, or that cannot be told. */
export function mayHoldBlobs(dataDir: string): boolean {
  return mayHold(dataDir, join('azurite', '__azurite_db_blob__.json'), join('stack', 'azurite.json'));
}

/** The same of the embedded Temporal, and of jobs and schedules. */
export function mayHoldJobs(dataDir: string): boolean {
  return mayHold(dataDir, 'temporal.db', join('stack', 'temporal.json'));
}

/** One is the data, and the other the state of a server that need not have written any. */
function mayHold(dataDir: string, ...files: string[]): boolean {
  return !files.every((file) => isAbsent(join(dataDir, file)));
}

function isAbsent(path: string): boolean {
  try {
    statSync(path);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT';
  }
}

/**
 * Makes a directory, and those above it that are missing; one that is there stays as it is. Throws the system's error: of a file system
 * that is mounted read-only Node itself would say that there is no such file.
 */
export async function makeFolder(path: string, mode?: number): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw (await reasonOf(path)) ?? error;
  }
}

/** Why the first of the missing directories cannot be made. */
async function reasonOf(path: string): Promise<unknown> {
  for (let folder = path; ; folder = dirname(folder)) {
    try {
      await mkdir(folder);
      return undefined;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || folder === dirname(folder)) return error;
    }
  }
}

const databases = ['temporal.db', 'temporal.db-wal', 'temporal.db-shm'];

/** What a process is started with so that nobody but its user may read the files that it makes. */
export const privateUmask = 0o077;

/**
 * Makes the folders of the embedded servers in `dataDir` where they are missing, and closes what is there to all but its owner. Of
 * `dataDir` itself only what is made now, for it may hold what is meant for others too.
 */
export async function keepPrivate(dataDir: string, report: (line: string) => void): Promise<void> {
  await makeFolder(dataDir, 0o700);
  for (const folder of ['stack', 'azurite']) {
    const path = join(dataDir, folder);
    await makeFolder(path, 0o700);
    await close(path, 0o700, report);
  }
  for (const file of databases) await close(join(dataDir, file), 0o600, report);
}

async function close(path: string, mode: number, report: (line: string) => void): Promise<void> {
  try {
    await chmod(path, mode);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // Some file systems know no modes; what cannot be written at all shows soon enough.
    if (code !== 'ENOENT') report(`${path} cannot be closed to other users of this machine (${code}).`);
  }
}

const mebibyte = 1024 * 1024;
/** What new servers write before there is any work, and some of it. */
const toBegin = 16 * mebibyte;
/** What is stored next, and what it takes to end in order. */
const toGoOn = 8 * mebibyte;
const lookEvery = 1000;
// A file that is written and goes at once is no reason.
const looksInARow = 3;

/**
 * Makes sure that the embedded servers can begin: on a full disk they would fail one after the other, each in its own words.
 *
 * Thrown when there is too little space for their data (`StackUnavailable`).
 */
export async function requireSpace(dataDir: string): Promise<void> {
  const free = await freeSpace(dataDir);
  if (free < toBegin) throw outOfSpace(dataDir, free, `need ${toBegin / mebibyte} MiB to begin: free space there`);
}

/**
 * Tells `onFull`, once, when there is hardly any space left for what the embedded servers write: by themselves they go on failing for as
 * long as anybody tries again. The returned function ends that.
 */
export function watchSpace(dataDir: string, onFull: (error: Error) => void): () => void {
  let inARow = 0;
  const look = async () => {
    const free = await freeSpace(dataDir).catch(() => Infinity);
    inARow = free < toGoOn ? inARow + 1 : 0;
    if (inARow !== looksInARow) return;
    clearInterval(timer);
    onFull(outOfSpace(dataDir, free, `need ${toGoOn / mebibyte} MiB to go on: free space there and run this again`));
  };
  const timer = setInterval(() => void look(), lookEvery).unref();
  return () => clearInterval(timer);
}

async function freeSpace(dataDir: string): Promise<number> {
  const { bavail, bsize } = await statfs(dataDir);
  return bavail * bsize;
}

function outOfSpace(dataDir: string, free: number, what: string): ExpectedError {
  const left = `${dataDir} has ${Math.floor(free / mebibyte)} MiB of free space left, and the embedded servers ${what}`;
  return new ExpectedError('StackUnavailable', `${left}, or set DATA_DIR to a directory on another disk`);
}

/** What the system says of the directory or of what is in or above it, as a `StackUnavailable` that says what to do; else the error itself. */
export function explainData(error: unknown, dataDir: string): unknown {
  const { code = '', path } = error as NodeJS.ErrnoException;
  if (!(error instanceof Error) || path === undefined || !(path.startsWith(dataDir) || dataDir.startsWith(path)))
    return error;
  return new ExpectedError('StackUnavailable', `${path} cannot be written (${code}): ${remedyOf(code)}`, {
    cause: error,
  });
}

const elsewhere = 'set DATA_DIR to a directory of your own for the data of the embedded servers';
const inTheWay = `what is no directory is in the way; move it, or ${elsewhere}`;
const remedies: Readonly<Record<string, string>> = {
  ENOSPC: `free space there, or ${elsewhere}`,
  EDQUOT: `free space there, or ${elsewhere}`,
  EROFS: `its file system is mounted read-only; ${elsewhere}`,
  EEXIST: inTheWay,
  ENOTDIR: inTheWay,
};

function remedyOf(code: string): string {
  return remedies[code] ?? elsewhere;
}
