import { printableJson } from '../../../lib/printable.ts';
import type { Command } from 'commander';
import { backupReport } from '../render/job-reports.ts';
import { exitCodes, type Call } from '../invocation.ts';
import type { Jobs } from '../../jobs/jobs.ts';
import { ExpectedError, failureTypes } from '../../../contracts/failures.ts';
import type { RunNotFound } from '../../../history/runs/run-not-found.ts';
import type { Manifest } from '../../../contracts/manifest.ts';
import { isSuspect } from '../../../contracts/suspicion.ts';
import {
  limitUpload,
  performAtSource,
  runArgument,
  runHelp,
  withJobOptions,
  withUploadLimit,
  type UploadLimited,
  type Choose,
  type JobFlags,
} from './options.ts';
import { requireBackups, withSession, requireAnyRun } from '../open/with-session.ts';
import type { Scope } from '../open/scope.ts';
import type { Session } from '../open/session.ts';

const help = `
Copies exactly the files that failed in an incomplete run, and completes its manifest. Temporal must still know the run's instance; if
it does not, the next backup takes up what is missing. A run that has not ended is gone on with; of one that was stopped, the next
backup takes over what was copied.

Exit codes: 0 done, or nothing to retry, 1 error, 3 some files failed again, 4 the run is suspect, 130 interrupted.

Examples:
  durable-backup retry 20261121T063329Z-d5f77bbe
  durable-backup retry backup-site-3978bb10 --json`;

interface RetryFlags extends JobFlags, UploadLimited, Scope {}

/** `retry RUN`: runs again what failed of a run. */
export function addRetry(program: Command, choose: Choose): void {
  const command = program
    .command('retry')
    .description('copies what failed in an incomplete run')
    .argument('<run>', runHelp, runArgument)
    .addHelpText('after', help);
  performAtSource(withUploadLimit(withJobOptions(command)), choose, retry);
}

async function retry(call: Call & RetryFlags, run: string): Promise<number> {
  const { root, prefixes, stop } = call;
  await requireAnyRun(call, run);
  return withSession(limitUpload(call), async (session, follow) => {
    const asked = { run, incompleteToo: true, ...(root !== undefined && { root }) };
    const { AllBackups } = await import('../../sources/all-backups.ts');
    const all = new AllBackups(requireBackups(session), prefixes);
    const found = await all.find(asked, stop).catch(unfinishedOf);
    if ('manifest' in found && found.manifest.complete) return answerComplete(found.manifest, call);
    const { instanceId, root: directory } = 'manifest' in found ? found.manifest : found.unfinished;
    return follow({
      instanceId,
      taskQueue: await queueOf(session, instanceId),
      directories: [directory],
      kind: backupReport,
      begin: (jobs, note) => ('manifest' in found ? runAgain(jobs, found.manifest, note) : goOn(jobs, found, note)),
    });
  });
}

/** A run without a manifest, and why it is not found. */
interface Unfinished {
  readonly unfinished: NonNullable<RunNotFound['unfinished']>;
  readonly why: Error;
}

/** The run that there is where it only has no manifest; throws what else was thrown. */
function unfinishedOf(why: unknown): Unfinished {
  const { unfinished } = why as Partial<RunNotFound>;
  if (why instanceof Error && unfinished && unfinished.stoppedAt === undefined) return { unfinished, why };
  throw why;
}

/** Goes on with a run that was cut off; throws where its instance has ended. */
async function goOn(jobs: Jobs, { unfinished, why }: Unfinished, note: (line: string) => void): Promise<void> {
  const { run, root, instanceId } = unfinished;
  if (!(await jobs.isUnderWay(instanceId))) throw why;
  note(`Run ${run} of ${root} has not ended; going on with it.`);
}

/** What the retry of a run says of which nothing failed: nothing was to be done, and what the run holds. */
async function answerComplete(manifest: Manifest, { json, answer, note }: Call): Promise<number> {
  const { instanceId, run, root, files, bytes, suspect } = manifest;
  const { whyNotRetried } = await import('../../jobs/retry-run.ts');
  const why = whyNotRetried('complete', manifest);
  const isNoSuccess = isSuspect(manifest);
  const status = isNoSuccess ? { status: 'Failed', error: why } : { status: 'Completed' };
  const held = { run, root, files, bytes, failed: 0, complete: true, ...(suspect && { suspect }) };
  if (json) answer(printableJson({ instanceId, ...status, ...held }));
  else note(why);
  return isNoSuccess ? exitCodes.suspect : exitCodes.done;
}

/** The first of the queues where the instance is known; the first of all when it is on none. */
async function queueOf(session: Session, instanceId: string): Promise<string> {
  const queues = session.queuesOf(instanceId);
  for (const queue of queues) if ((await session.jobsOn(queue).runtimeStatus(instanceId)) !== undefined) return queue;
  return queues[0];
}

async function runAgain(jobs: Jobs, manifest: Manifest, note: (line: string) => void): Promise<void> {
  const { retryRun, whyNotRetried } = await import('../../jobs/retry-run.ts');
  const retried = await retryRun(jobs, manifest);
  if (retried === 'started') return;
  if (retried !== 'running') throw new ExpectedError(failureTypes.runNotFound, whyNotRetried(retried, manifest));
  note(`The instance ${manifest.instanceId} is under way already; going on with it.`);
}
