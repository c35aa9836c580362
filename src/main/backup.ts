import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { runBackupCommand } from '../client/cli/backup-command.ts';
import { exitCodes } from '../client/cli/exit-code.ts';
import { onInterrupt } from '../client/cli/interrupts.ts';
import { createBar, createLines, noDisplay } from '../client/cli/progress-display.ts';
import { errorJson } from '../client/cli/report.ts';
import type { Config } from '../config.ts';
import { readArguments } from './backup-arguments.ts';
import { instanceIdOf, requireDirectory } from './backup-root.ts';
import { openBackupSession, type BackupSession } from './backup-session.ts';
import { runMain } from './run-main.ts';

// Long enough for servers of the run's own to be told to stop.
const lastMoment = 1000;

/** `npm run backup -- DIR`: one backup from start to end. */
const { dir, ...flags } = readArguments(process.argv.slice(2));
const answer = (text: string) => console.log(text);
const note = flags.quiet ? () => undefined : (line: string) => console.error(line);
const stop = new AbortController();
const leave = new AbortController();
onInterrupt(
  () => stop.abort(),
  () => leave.abort(),
);
await runMain(backUp, {
  logLevel: 'error',
  ...(flags.json && { onError: (message) => answer(errorJson('Failed', message)) }),
});

async function backUp(config: Config, log: Logger): Promise<number> {
  const root = resolve(dir);
  const ownWorker = flags.worker || !config.temporal.named;
  if (ownWorker) await requireDirectory(root);
  const instanceId = instanceIdOf(root);
  const opening = openBackupSession({
    // A queue of its own: another worker, on another machine or with other roots, could not read the directory.
    config: ownWorker ? { ...config, taskQueue: `${config.taskQueue}-${instanceId}` } : config,
    log,
    ownWorker,
    root,
    report: note,
  });
  const announce = () => note('Stopping as soon as what is being started has started. Ctrl-C again leaves at once.');
  stop.signal.addEventListener('abort', announce);
  leave.signal.addEventListener('abort', () => void leaveAtOnce(opening));
  const session = await opening;
  stop.signal.removeEventListener('abort', announce);
  try {
    return stop.signal.aborted ? interrupted() : await Promise.race([follow(session, root), session.workerFailure]);
  } finally {
    await session.close();
  }
}

function follow({ jobs, storageUrl, webUi }: BackupSession, root: string): Promise<number> {
  const instanceId = instanceIdOf(root);
  return runBackupCommand({
    jobs,
    input: { root },
    instanceId,
    display: display(),
    json: flags.json,
    quiet: flags.quiet,
    answer,
    stop: stop.signal,
    leave: leave.signal,
    ...(storageUrl !== undefined && { storageUrl }),
    ...(webUi !== undefined && { webUi: `${webUi}/${instanceId}` }),
  });
}

function display() {
  if (flags.quiet) return noDisplay;
  return process.stderr.isTTY ? createBar(process.stderr) : createLines(note);
}

function interrupted(): number {
  const error = 'Stopped before the backup began.';
  if (flags.json) answer(errorJson('Interrupted', error));
  note(error);
  return exitCodes.interrupted;
}

async function leaveAtOnce(opening: Promise<BackupSession>): Promise<void> {
  const session = await Promise.race([opening, sleep(0, undefined)]).catch(() => undefined);
  if (session) await Promise.race([session.abandon(), sleep(lastMoment)]);
  else interrupted();
  // What the command has to say comes before.
  await sleep(0);
  process.exit(exitCodes.interrupted);
}
