import { Command, InvalidArgumentError } from 'commander';
import { errorJson } from '../client/cli/report.ts';

export interface BackupArguments {
  readonly dir: string;
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

/** Reads the command line. Ends the process when it asks for help (exit code 0) or makes no sense (1). */
export function readArguments(argv: readonly string[]): BackupArguments {
  const command = new Command('backup')
    .description('Backs up a directory tree to Azure Blob Storage.')
    .argument('<dir>', 'directory to back up', notEmpty)
    .option('--json', 'print one JSON object instead of text', false)
    .option('--quiet', 'print nothing but the result: no progress, and no text when all went well', false)
    .option('--worker', 'run a worker in this process even when TEMPORAL_ADDRESS is set', false)
    .addHelpText('after', help)
    .showHelpAfterError('See `npm run backup -- --help`.')
    .configureOutput({
      outputError: (text, write) => {
        write(text);
        if (argv.includes('--json')) console.log(errorJson('Failed', text.trim().replace(/^error: /u, '')));
      },
    });
  command.parse(argv, { from: 'user' });
  return { dir: command.processedArgs[0] as string, ...command.opts<Omit<BackupArguments, 'dir'>>() };
}

// An unset variable in a script must not turn into a backup of the working directory.
function notEmpty(dir: string): string {
  if (dir !== '') return dir;
  throw new InvalidArgumentError('It is empty; use . for the working directory.');
}
