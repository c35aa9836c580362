import type { Command } from 'commander';
import { retryRun, whyNotRetried, type Retry } from '../../client/backups/retry-run.ts';
import { backupReport } from '../../client/cli/backup-report.ts';
import { exitCodes } from '../../client/cli/exit-code.ts';
import { ExpectedError, failureTypes } from '../../shared/failures.ts';
import type { Manifest } from '../../shared/manifest.ts';
import type { Call } from '../invocation.ts';
import { limitUpload, type UploadLimited } from '../limit-upload.ts';
import { requireBackups } from '../require-backups.ts';
import type { Session } from '../session.ts';
import { withSession } from '../with-session.ts';
import {
  commonFlags,
  runArgument,
  runHelp,
  withJobOptions,
  uploadLimitOf,
  withSource,
  withUploadLimit,
  type Choose,
  type JobFlags,
} from './options.ts';

const help = `
Copies exactly the files that failed in an incomplete run, and completes its manifest. Temporal must still know the run's instance; if
it does not, the next backup takes up what is missing.

Exit codes: 0 done, or nothing to retry, 1 error, 3 some files failed again, 130 interrupted.

Examples:
  npm run backup -- retry 20261121T063329Z-d5f77bbe
  npm run backup -- retry backup-site-3978bb10 --json`;

interface RetryFlags extends JobFlags, UploadLimited {
  readonly source?: string;
}

/** `retry RUN`: runs again what failed of a run. */
export function addRetry(program: Command, choose: Choose): void {
  const command = program
    .command('retry')
    .description('copies what failed in an incomplete run')
    .argument('<run>', runHelp, runArgument)
    .addHelpText('after', help);
  withSource(withUploadLimit(withJobOptions(command))).action((run: string) => {
    const flags = { ...command.opts<RetryFlags>(), ...commonFlags(command), ...uploadLimitOf(command) };
    choose(flags, async (call) => retry(run, limitUpload({ ...call, ...flags })));
  });
}

function retry(run: string, call: Call & RetryFlags): Promise<number> {
  const { source: root, json, answer, note, stop } = call;
  return withSession(call, async (session, follow) => {
    const asked = { run, incompleteToo: true, ...(root !== undefined && { root }) };
    const { manifest } = await requireBackups(session).find(asked, stop);
    const { instanceId } = manifest;
    if (manifest.complete) {
      const { run, root, files, bytes } = manifest;
      const sentence = whyNotRetried('complete', manifest);
      if (json)
        answer(
          JSON.stringify({
            instanceId,
            status: 'Completed',
            runId: run,
            root,
            files,
            bytes,
            failed: 0,
            complete: true,
          }),
        );
      else note(sentence);
      return exitCodes.done;
    }
    return follow({
      instanceId,
      taskQueue: await queueOf(session, instanceId),
      directories: [manifest.root],
      kind: backupReport,
      begin: async ({ jobs, note }) => sayWhich(await retryRun(jobs, manifest), manifest, note),
    });
  });
}

/** The first of the queues where the instance is known; the first of all when it is on none. */
async function queueOf(session: Session, instanceId: string): Promise<string> {
  const queues = session.queuesOf(instanceId);
  for (const queue of queues) if ((await session.jobsOn(queue).runtimeStatus(instanceId)) !== undefined) return queue;
  return queues[0];
}

function sayWhich(retried: Retry, manifest: Manifest, note: (line: string) => void): void {
  if (retried === 'started') return;
  if (retried !== 'running') throw new ExpectedError(failureTypes.runNotFound, whyNotRetried(retried, manifest));
  note(`The instance ${manifest.instanceId} is under way already; going on with it.`);
}
