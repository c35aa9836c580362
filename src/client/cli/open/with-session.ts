import { setTimeout as sleep } from 'node:timers/promises';
import { exitCodes, interrupted, type Call } from '../invocation.ts';
import type { FollowedJob } from '../follow-job.ts';
import type { Session, SessionOptions } from './session.ts';
import type { Backups, RunAsked } from '../../../history/views/backups.ts';
import { ExpectedError } from '../../../contracts/failures.ts';
import { parseRunReference } from '../../../history/runs/run-reference.ts';
import type { Manifest } from '../../../contracts/manifest.ts';
import type { Scope } from './scope.ts';

// Long enough for servers of the command's own to be told to stop.
const lastMoment = 1000;
const stoppedEarly = 'Stopped before anything began.';

/** A job to be followed, and where. */
interface ServedJob<S extends object> extends Omit<FollowedJob<S>, 'jobs' | 'storageUrl' | 'webUi' | 'ownWorker'> {
  /** The session's own unless given. */
  readonly taskQueue?: string;
  /** What a worker of this process may use besides `BACKUP_ROOTS`. */
  readonly directories: readonly string[];
  /** Where the files are, unless every worker of the task queue can reach them. */
  readonly workerName?: string;
}

/** Follows a job in the session that it is given, once somebody serves its task queue. Returns the exit code. */
type Follow = <S extends object>(job: ServedJob<S>) => Promise<number>;

/**
 * Opens what a job needs, lets `work` say what to follow, and closes it all in the end. Ctrl-C before the job has begun ends the
 * command; after that it cancels the job.
 */
export async function withSession(
  call: Call & { readonly worker: boolean },
  work: (session: Session, follow: Follow) => Promise<number>,
): Promise<number> {
  const { config, log, stop, leave, note } = call;
  const begun = new AbortController();
  const announce = () => note('Stopping as soon as what is being started has started. Ctrl-C again leaves at once.');
  const opening = openLate({ config, log, ownWorker: call.worker || !config.temporal.named, report: note });
  stop.addEventListener('abort', announce, { signal: begun.signal });
  leave.addEventListener('abort', () => void leaveAtOnce(call, opening, begun.signal));
  const session = await opening;
  let failed = false;
  session.failure.catch(() => (failed = true));
  const follow: Follow = async (job) => {
    const { directories, workerName, instanceId } = job;
    const { taskQueue = session.queuesOf(instanceId)[0] } = job;
    await session.serve(taskQueue, directories, workerName);
    begun.abort();
    return stop.aborted ? interrupted(call, stoppedEarly) : followServed(call, session, { ...job, taskQueue });
  };
  try {
    if (stop.aborted) return interrupted(call, stoppedEarly);
    return await Promise.race([work(session, follow), session.failure]);
  } catch (error) {
    // What it was looking up then was only needed to begin.
    if (stop.aborted && !begun.signal.aborted) return interrupted(call, stoppedEarly);
    throw error;
  } finally {
    begun.abort();
    // Work that cannot go on is not waited for.
    await (failed ? session.abandon() : session.close());
  }
}

// Temporal's SDK takes a while to load, and neither help nor a mistake on the command line needs it.
async function openLate(options: SessionOptions): Promise<Session> {
  const { openSession } = await import('./session.ts');
  return openSession(options);
}

async function followServed<S extends object>(
  call: Call & { readonly worker: boolean },
  session: Session,
  job: ServedJob<S> & { readonly taskQueue: string },
): Promise<number> {
  const { storageUrl, dataDir, webUi } = session;
  const followed: FollowedJob<S> = {
    ...job,
    jobs: session.jobsOn(job.taskQueue),
    ownWorker: call.worker && call.config.temporal.named,
    ...(storageUrl !== undefined && { storageUrl }),
    ...(dataDir !== undefined && { dataDir }),
    ...(webUi && { webUi }),
  };
  const { followJob } = await import('../follow-job.ts');
  return followJob(followed, call);
}

async function leaveAtOnce(call: Call, opening: Promise<Session>, begun: AbortSignal): Promise<void> {
  const session = await Promise.race([opening, sleep(0, undefined)]).catch(() => undefined);
  // Of a job that has begun, whoever follows it says what becomes of it.
  if (!begun.aborted) interrupted(call, stoppedEarly);
  if (session) await Promise.race([session.abandon(), sleep(lastMoment)]);
  await sleep(0);
  process.exit(exitCodes.interrupted);
}

/** What is in storage. Throws an ExpectedError where only the workers know the account. */
export function requireBackups({ backups }: Session): Backups {
  if (backups) return backups;
  throw new ExpectedError(
    'InvalidConfiguration',
    'The run has to be looked up in storage, and no account is named here: set AZURE_STORAGE_CONNECTION_STRING or AZURE_STORAGE_ACCOUNT',
  );
}

/**
 * Throws `RunNotFound` where nothing was ever backed up to the embedded storage that a job about a run would use: no server is started to
 * say so.
 */
export async function requireAnyRun(
  { config, worker, stop }: Call & { readonly worker: boolean },
  run: string,
): Promise<void> {
  if (config.temporal.named && !worker) return;
  const { openNothing } = await import('./storage.ts');
  await openNothing(config)?.find({ run }, stop);
}

/** The run that a job is to be about. */
export interface FixedRun {
  readonly run: string;
  /** Where the worker has to choose among several directories. */
  readonly root?: string;
  /** Below which it is, unless that is the usual one. */
  readonly prefix?: string;
  /** Absent where only the workers know the storage account; then they find the run. */
  readonly found?: { readonly manifest: Manifest; readonly backups: Backups };
}

/** Finds the run here where that is possible, so that a command that is run again means the same one. */
export async function fixRun(
  session: Session,
  { run, root, definition, prefixes }: Scope & { readonly run: string },
  signal: AbortSignal,
): Promise<FixedRun> {
  const asked: RunAsked = { run, ...(root !== undefined && { root }) };
  const where = definition ? { prefix: definition.prefix } : {};
  if (!session.backups && parseRunReference(run)) return { ...asked, ...where };
  const { AllBackups } = await import('../../sources/all-backups.ts');
  const { manifest, place } = await new AllBackups(requireBackups(session), prefixes).find(asked, signal);
  const { prefix, source, backups } = place;
  return { run: manifest.run, ...(source !== undefined && { prefix }), found: { manifest, backups } };
}
