import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, resolve } from 'node:path';
import { Command } from 'commander';
import type { Logger } from 'pino';
import { runBackupCommand } from '../client/cli/backup-command.ts';
import { createBar, createLines, noDisplay } from '../client/cli/progress-display.ts';
import type { Config } from '../config.ts';
import { ExpectedError, failureTypes } from '../shared/failures.ts';
import { openBackupSession } from './backup-session.ts';
import { runMain } from './run-main.ts';

interface BackupFlags {
  readonly json: boolean;
  readonly quiet: boolean;
  readonly worker: boolean;
}

const help = `
Temporal, storage and worker are started for the run unless the environment names them (TEMPORAL_ADDRESS,
AZURE_STORAGE_CONNECTION_STRING or AZURE_STORAGE_ACCOUNT). With TEMPORAL_ADDRESS, workers are expected elsewhere.

Exit codes: 0 done, 1 error, 3 some files could not be backed up, 130 interrupted.

Examples:
  npm run backup -- ~/photos
  npm run backup -- /srv/site --json | jq .bytes`;

/** `npm run backup -- DIR`: one backup from start to end. */
await runMain(async (config, log) => {
  let code = 0;
  await new Command('backup')
    .description('Backs up a directory tree to Azure Blob Storage.')
    .argument('<dir>', 'directory to back up')
    .option('--json', 'print one JSON object instead of text', false)
    .option('--quiet', 'print nothing but the result: no progress, and no text when all went well', false)
    .option('--worker', 'run a worker in this process even when TEMPORAL_ADDRESS is set', false)
    .addHelpText('after', help)
    .action(async (dir: string, flags: BackupFlags) => {
      code = await backUp(dir, flags, config, log);
    })
    .parseAsync();
  return code;
}, 'error');

async function backUp(dir: string, flags: BackupFlags, config: Config, log: Logger): Promise<number> {
  const root = resolve(dir);
  const ownWorker = flags.worker || !config.temporal.named;
  if (ownWorker) await requireDirectory(root);
  const note = flags.quiet ? () => undefined : (line: string) => console.error(line);
  const instanceId = instanceIdOf(root);
  const session = await openBackupSession({
    // A queue of its own: another worker, on another machine or with other roots, could not read the directory.
    config: ownWorker ? { ...config, taskQueue: `${config.taskQueue}-${instanceId}` } : config,
    log,
    ownWorker,
    root,
    report: note,
  });
  const { jobs, storageUrl, webUi } = session;
  try {
    return await runBackupCommand({
      jobs,
      input: { root },
      instanceId,
      display: displayFor(flags, note),
      json: flags.json,
      quiet: flags.quiet,
      answer: (text) => console.log(text),
      note,
      ...(storageUrl !== undefined && { storageUrl }),
      ...(webUi !== undefined && {
        webUi: `${config.temporal.named ? '' : '`npm run dev`, then '}${webUi}/${instanceId}`,
      }),
    });
  } finally {
    await session.close();
  }
}

function displayFor({ quiet }: BackupFlags, note: (line: string) => void) {
  if (quiet) return noDisplay;
  return process.stderr.isTTY ? createBar(process.stderr) : createLines(note);
}

async function requireDirectory(root: string): Promise<void> {
  const found = await stat(root).catch((error: NodeJS.ErrnoException) => error);
  if (found instanceof Error) {
    const why = found.code === 'ENOENT' ? 'does not exist' : `cannot be read (${found.code})`;
    throw new ExpectedError(failureTypes.rootNotFound, `${root} ${why}: give the path of a directory`);
  }
  if (!found.isDirectory())
    throw new ExpectedError(
      failureTypes.rootNotDirectory,
      `${root} is not a directory: give the directory that holds it`,
    );
}

// One directory of one machine has one id, so a command that was killed and is run again goes on with the run that it left.
function instanceIdOf(root: string): string {
  const name =
    basename(root)
      .replace(/[^\w.-]+/gu, '-')
      .slice(0, 40) || 'root';
  return `backup-${name}-${createHash('sha256').update(`${hostname()}\n${root}`).digest('hex').slice(0, 8)}`;
}
