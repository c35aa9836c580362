import type { Command } from 'commander';
import { exitCodes, type Call } from '../invocation.ts';
import { statusText } from '../render/status-text.ts';
import { writeList } from '../render/rows.ts';
import type { StatusParts, WatchedRoot } from '../../sources/source-status.ts';
import { watchedRoots } from '../../sources/watched-roots.ts';
import { ExpectedError } from '../../../contracts/failures.ts';
import { sourcesOf, type Scope } from '../open/scope.ts';
import { requireBackups, withSession } from '../open/with-session.ts';
import type { Session } from '../open/session.ts';
import { withBackups } from '../open/with-backups.ts';
import { knowsOfNothing } from '../open/with-schedules.ts';
import { performAtSource, withCommonOptions, type Choose } from './options.ts';

const help = `
One line for each source of the sources file, and for each directory that was backed up without one. Health: ok, the last backup
succeeded; failing, it did not; overdue, none has succeeded for the source's notify.missedAfter; never, none ever has.
A run that is unfinished was stopped before its end. FAILURES SINCE counts what came after the last success, also what failed without
becoming a run; below the table stands why.

Exit codes: 0 done, whatever the health is, 1 error, 130 interrupted.

Examples:
  durable-backup status
  durable-backup status --json | jq -r 'select(.health != "ok").source'`;

/** `status`: how every source is. */
export function addStatus(program: Command, choose: Choose): void {
  const command = program.command('status').description('shows how every source is').addHelpText('after', help);
  performAtSource(withCommonOptions(command, 'print NDJSON instead of text'), choose, tellStatus);
}

async function tellStatus(call: Call & Scope): Promise<number> {
  if (knowsOfNothing(call.config)) return tellStored(call);
  try {
    return await withSession({ ...call, worker: false }, async (session) => {
      const backups = requireBackups(session);
      await print(call, { backups, signal: call.stop, ...(await askable(call, session)) });
      return exitCodes.done;
    });
  } catch (error) {
    if (!(error instanceof ExpectedError && error.type === 'TemporalUnavailable')) throw error;
    call.note(`${error.message}. What runs now and what comes next is not known.`);
    return tellStored(call);
  }
}

/** What storage alone tells. */
function tellStored(call: Call & Scope): Promise<number> {
  return withBackups(call, async (backups, signal) => {
    await print(call, { backups, signal });
    return exitCodes.done;
  });
}

async function print(call: Call & Scope, parts: StatusParts): Promise<void> {
  const { statusOfEach } = await import('../../sources/source-status.ts');
  const statuses = await statusOfEach(parts, await asked(call, parts));
  await writeList(statuses, call, () => statusText(statuses, parts.backups.place));
}

async function asked(call: Call & Scope, { backups, signal }: StatusParts): Promise<readonly WatchedRoot[]> {
  const { root, definition } = call;
  if (definition) return [definition];
  if (root !== undefined) return [{ root, prefix: backups.prefix }];
  return watchedRoots(await sourcesOf(call), backups, signal);
}

async function askable(call: Call, session: Session): Promise<Pick<StatusParts, 'jobs'>> {
  return { jobs: session.jobsOn(call.config.taskQueue) };
}
