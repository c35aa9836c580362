import { Command } from 'commander';
import { errorJson } from '../client/cli/report.ts';
import { addBackup } from './commands/backup.ts';
import { addCat } from './commands/cat.ts';
import { addDiff } from './commands/diff.ts';
import { addFind } from './commands/find.ts';
import { addLedger } from './commands/ledger.ts';
import { addLs } from './commands/ls.ts';
import { addRestore } from './commands/restore.ts';
import { addRetry } from './commands/retry.ts';
import { addRuns } from './commands/runs.ts';
import { addVerify } from './commands/verify.ts';
import type { CommonFlags, Task } from './invocation.ts';

export interface BackupArguments {
  readonly flags: CommonFlags;
  readonly task: Task;
}

/** Reads the command line. Ends the process when it asks for help (exit code 0) or makes no sense (1). */
export function readArguments(argv: readonly string[]): BackupArguments {
  let chosen: BackupArguments | undefined;
  const choose = (flags: CommonFlags, task: Task) => {
    chosen = { flags, task };
  };
  const program = new Command('backup');
  program
    .enablePositionalOptions()
    .showHelpAfterError('See `npm run backup -- --help`.')
    .configureOutput({
      outputError: (text, write) => {
        write(text);
        if (argv.includes('--json')) console.log(errorJson('Failed', text.trim().replace(/^error: /u, '')));
      },
    });
  addBackup(program, choose);
  const looks = [addRuns, addLedger, addLs, addFind, addDiff, addCat];
  for (const add of [...looks, addRetry, addRestore, addVerify]) add(program, choose);
  program.parse(argv, { from: 'user' });
  return chosen ?? program.help({ error: true });
}
