import { nearestName } from '../../lib/nearest-name.ts';
import { Command, Help } from 'commander';
import type { Level } from 'pino';
import { readFileSync } from 'node:fs';
import { errorJson } from './render/report.ts';
import { addAccept } from './commands/accept.ts';
import { addApi } from './commands/api.ts';
import { addBackup } from './commands/backup.ts';
import { addCat } from './commands/cat.ts';
import { addCompletion } from './commands/completion.ts';
import { addDev } from './commands/dev.ts';
import { addDiff } from './commands/diff.ts';
import { addFind } from './commands/find.ts';
import { addForget } from './commands/forget.ts';
import { addInit } from './commands/init.ts';
import { addInventory } from './commands/inventory.ts';
import { addLedger } from './commands/ledger.ts';
import { addLs } from './commands/ls.ts';
import { commandNames, type AddCommand, type Choose } from './commands/options.ts';
import { addPrune } from './commands/prune.ts';
import { addPruneMessages } from './commands/prune-messages.ts';
import { addRestore } from './commands/restore.ts';
import { addRetry } from './commands/retry.ts';
import { addRuns } from './commands/runs.ts';
import { addSchedule } from './commands/schedule.ts';
import { addSources } from './commands/sources.ts';
import { addStats } from './commands/stats.ts';
import { addStatus } from './commands/status.ts';
import { addVerify } from './commands/verify.ts';
import { addWorker } from './commands/worker.ts';
import type { CommonFlags, Task } from './invocation.ts';
import { printableLines } from '../../lib/printable.ts';

interface BackupArguments {
  readonly flags: CommonFlags;
  readonly task: Task;
  /** Unless LOG_LEVEL says otherwise. */
  readonly logLevel: Level;
}

/** Every command, under the heading that help shows it below. */
const groups: Readonly<Record<string, readonly AddCommand[]>> = {
  'Back up and restore:': [addInit, addBackup, addRetry, addAccept, addRestore, addVerify],
  'Look into backups:': [addStatus, addSources, addRuns, addLedger, addLs, addFind, addDiff, addCat, addStats],
  'Give up old runs:': [addForget, addPrune],
  'Run by itself:': [addSchedule],
  'Serve:': [addWorker, addApi, addDev],
  'Order batches and upkeep:': [addInventory, addPruneMessages],
  'More:': [addCompletion],
};

const help = `
\`durable-backup DIR\` is short for \`durable-backup backup DIR\`.
\`durable-backup COMMAND --help\` tells the options of a command.

Exit codes: 0 done, 1 error, 3 incomplete or not intact, 4 suspect, 130 interrupted.

Examples:
  durable-backup ~/photos
  durable-backup runs --json
  durable-backup restore latest --source ~/photos --target /tmp/photos`;

/** Reads the command line. Ends the process when it asks for help (exit code 0) or makes no sense (1). */
export function readArguments(argv: readonly string[]): BackupArguments {
  let chosen: BackupArguments | undefined;
  const program = createProgram(argv, (flags, task, logLevel = 'error') => (chosen = { flags, task, logLevel }));
  // Whoever asks for nothing is shown what there is.
  if (argv.every((word) => word === '--json' || word === '--quiet')) program.help();
  program.parse(argv, { from: 'user' });
  return chosen ?? program.help({ error: true });
}

/** The program with every command, of which `argv` is going to be read. */
export function createProgram(argv: readonly string[], choose: Choose): Command {
  const program = emptyProgram(argv);
  for (const [heading, adds] of Object.entries(groups)) {
    program.commandsGroup(heading);
    for (const add of adds) add(program, choose);
  }
  program.helpCommand('help [command]', 'prints the help of a command');
  sayWhereHelpIs(program, program.name());
  return program;
}

function emptyProgram(argv: readonly string[]): Command {
  const program = new Command('durable-backup');
  return program
    .description('Backs up directory trees to Azure Blob Storage, and shows, restores and verifies what is there.')
    .usage('[command] [options]')
    .version(packageVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print the help of a command')
    .option('--json', 'print JSON instead of text')
    .option('--quiet', 'print nothing but the result')
    .enablePositionalOptions()
    .addHelpText('after', help)
    .configureHelp({
      subcommandTerm: (command) => command.name(),
      optionDescription: (option) => new Help().optionDescription(option).replace(' (default: false)', ''),
    })
    .configureOutput({
      // What is said last is where the help is: of a word that is no command, not that of the backup it was read as.
      writeErr: (text) =>
        void process.stderr.write(
          text.startsWith('See `') && commandMeant(argv, commandNames(program)) !== undefined
            ? `See \`${program.name()} --help\`.\n`
            : text,
        ),
      outputError: (text, write) => {
        const meant = commandMeant(argv, commandNames(program));
        const message = meant === undefined ? text.trim() : `error: ${meant}`;
        write(`${printableLines(message)}\n`);
        if (argv.includes('--json')) console.log(errorJson('Failed', message.replace(/^error: /u, '')));
      },
    });
}

/** Lets the error of each command name that command's help. */
function sayWhereHelpIs(command: Command, path: string): void {
  command.showHelpAfterError(`See \`${path} --help\`.`);
  for (const child of command.commands) sayWhereHelpIs(child, `${path} ${child.name()}`);
}

/** The version that package.json states. */
function packageVersion(): string {
  const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  return version;
}

/**
 * What a command line that makes no sense was perhaps meant to be; undefined where its own error says enough. Without a command in the
 * first place all of it is read as a backup, which explains little when the command was only misspelt, or came after its options.
 */
function commandMeant(argv: readonly string[], names: readonly string[]): string | undefined {
  const words = argv.filter((word) => word !== '--json' && word !== '--quiet');
  const [first = ''] = words;
  if (names.includes(first)) return undefined;
  if (first.startsWith('-')) {
    const late = words.find((word) => names.includes(word));
    return late && `The options of ${late} stand after its name: durable-backup ${late} …`;
  }
  const nearest = /^[a-z-]+$/u.test(first) ? nearestName(first, names) : undefined;
  return nearest && `There is no command ${first}: did you mean ${nearest}?`;
}
