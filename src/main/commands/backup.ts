import { resolve } from 'node:path';
import type { Command } from 'commander';
import { backupReport } from '../../client/cli/backup-report.ts';
import { startOrJoin } from '../../client/cli/start-or-join.ts';
import { workflowNames, type BackupInput } from '../../shared/contract.ts';
import { requireElsewhere } from '../elsewhere.ts';
import { backupInstanceId } from '../instance-id.ts';
import type { Call } from '../invocation.ts';
import { limitUpload, type UploadLimited } from '../limit-upload.ts';
import { requireDirectory } from '../require-directory.ts';
import { withSession } from '../with-session.ts';
import {
  commonFlags,
  notEmpty,
  sourceName,
  withJobOptions,
  withUploadLimit,
  type Choose,
  type JobFlags,
} from './options.ts';

interface BackupFlags extends JobFlags, UploadLimited {
  readonly checksum: boolean;
  readonly repair: boolean;
  readonly takeOver: boolean;
  /** Of the machine, where other commands mean the directory by it. */
  readonly source?: string;
}

const help = `
A directory that is called like a command is written with its path: ./restore. See \`npm run backup -- COMMAND --help\`.

Temporal, storage and worker are started for the run unless the environment names them (TEMPORAL_ADDRESS,
AZURE_STORAGE_CONNECTION_STRING or AZURE_STORAGE_ACCOUNT). With TEMPORAL_ADDRESS, workers are expected elsewhere.

Exit codes: 0 done, 1 error, 3 some files could not be backed up, 130 interrupted.

Examples:
  npm run backup -- ~/photos
  npm run backup -- /srv/site --json | jq .bytes
  npm run backup -- runs
  npm run backup -- restore latest --source /srv/site --target /tmp/site`;

/** `DIR`: backs up a directory; what the program does unless a command is named. */
export function addBackup(program: Command, choose: Choose): void {
  const command = program
    .description('Backs up a directory tree to Azure Blob Storage; shows, restores and verifies what is there.')
    .usage('[options] <dir>\n       backup [command] [options]')
    .argument('<dir>', 'directory to back up', notEmpty)
    .option('--checksum', 'read every file instead of going by size and times', false)
    .option('--repair', 'look up what is unchanged in storage, and send again what is missing or damaged there', false)
    .option('--take-over', 'go on where another machine has backed up so far, below the same prefix', false)
    .option(
      '--source <name>',
      'where the directory is: a name that workers elsewhere have among their SOURCES',
      sourceName,
    )
    .addHelpText('after', help);
  withUploadLimit(withJobOptions(command)).action((dir: string) => {
    const flags = { ...program.opts<BackupFlags>(), ...commonFlags(program) };
    choose(flags, async (call) => backUp(dir, limitUpload({ ...call, ...flags })));
  });
}

async function backUp(dir: string, call: Call & BackupFlags): Promise<number> {
  const { source } = call;
  requireElsewhere('--source', source, call);
  const root = resolve(dir);
  if (call.worker || !call.config.temporal.named) await requireDirectory(root, commandsToo(dir));
  const instanceId = backupInstanceId(root, source);
  const input: BackupInput = {
    root,
    ...(source !== undefined && { source }),
    ...(call.checksum && { checksum: true }),
    ...(call.repair && { repair: true }),
    ...(call.takeOver && { takeOver: true }),
  };
  return withSession(call, (session, follow) =>
    follow({
      instanceId,
      taskQueue: session.queuesOf(instanceId)[0],
      directories: [root],
      ...(source !== undefined && { source }),
      kind: backupReport,
      begin: ({ jobs, note }) => {
        const tree = source === undefined ? root : `${root} on ${source}`;
        const [name, summary, what] = [workflowNames.backup, `Back up ${tree}`, `backup of ${tree}`];
        return startOrJoin(jobs, { name, input, instanceId, summary, what }, note);
      },
    }),
  );
}

// What looks like the name of a command was perhaps meant as one.
function commandsToo(dir: string): string {
  return /^[a-z-]+$/u.test(dir) ? ', or one of the commands runs, ledger, retry, restore and verify' : '';
}
