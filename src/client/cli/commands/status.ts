import type { Command } from 'commander';
import { exitCodes, type Call } from '../invocation.ts';
import { statusText } from '../render/status-text.ts';
import { writeList } from '../render/rows.ts';
import type { StatusParts, WatchedRoot } from '../../sources/source-status.ts';
import { watchedRoots } from '../../sources/watched-roots.ts';
import { sourcesOf, type Scope } from '../open/scope.ts';
import { requireBackups, withSession } from '../open/with-session.ts';
import { withBackups } from '../open/with-backups.ts';
import { knowsOfNothing } from '../open/with-schedules.ts';
import { performAtSource, withCommonOptions, type Choose } from './options.ts';

// Whoever looks how things are does not wait for a server that is away.
const connectWithin = 1200;
const answerWithin = 2000;

const help = `
One line for each source of the sources file, and for each directory that was backed up without one. Health: ok, the last backup
succeeded; failing, it did not; overdue, none has succeeded for the source's notify.missedAfter; never, none ever has.
A run that is unfinished was stopped before its end. FAILURES SINCE counts what came after the last success, also what failed without
becoming a run; below the table stands why. Where Temporal does not answer within seconds, the rest is told without what runs now and
what comes next.

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
  const { config, stop } = call;
  if (knowsOfNothing(config)) return tellStored(call);
  if (config.temporal.named) return tellBeside(call);
  return withSession({ ...call, worker: false }, async (session) => {
    const jobs = session.jobsOn(config.taskQueue);
    await print(call, { backups: requireBackups(session), signal: stop, ask: (ask) => ask(jobs) });
    return exitCodes.done;
  });
}

/** What storage tells, and what Temporal does as far as it answers soon. */
async function tellBeside(call: Call & Scope): Promise<number> {
  const { askWithin, openJobs } = await loadJobs();
  const opening = openJobs(call);
  try {
    const ask = askWithin(
      opening.then(({ jobs }) => jobs),
      answerWithin,
      ({ message }) => call.note(`${message}. What runs now and what comes next is not known.`),
    );
    return await tellStored(call, { ask });
  } finally {
    await opening.then(
      ({ close }) => close(),
      () => undefined,
    );
  }
}

// What takes long to load, before any time runs.
async function loadJobs() {
  const [{ askWithin }, { connectClient, temporalTarget }, { largeMessages }, { Jobs }] = await Promise.all([
    import('../../sources/source-status.ts'),
    import('../open/temporal.ts'),
    import('../open/large-messages.ts'),
    import('../../jobs/jobs.ts'),
  ]);
  const openJobs = async ({ config }: Call) => {
    const target = temporalTarget();
    const client = await connectClient(target, config.storage && largeMessages(config), connectWithin);
    const jobs = new Jobs({ client, address: target.address, taskQueue: config.taskQueue });
    return { jobs, close: () => client.connection.close() };
  };
  return { askWithin, openJobs };
}

/** What storage tells. */
function tellStored(call: Call & Scope, asking: Pick<StatusParts, 'ask'> = {}): Promise<number> {
  return withBackups(call, async (backups, signal) => {
    await print(call, { backups, signal, ...asking });
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
