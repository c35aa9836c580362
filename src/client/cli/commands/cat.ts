import type { Command } from 'commander';
import { writePieces } from '../render/rows.ts';
import type { Call } from '../invocation.ts';
import { lookInto, pathIn } from '../open/with-backups.ts';
import type { Scope } from '../open/scope.ts';
import { heldRunHelp, performAtSource, runArgument, withQuiet, type Choose } from './options.ts';

const help = `
Content is checked against its SHA-256 before the last of it is printed. When it is not what the run stored, the command says so on
standard error and ends with exit code 1, and what it printed is a part at most.

Exit codes: 0 done, 1 error, 130 interrupted.

Examples:
  durable-backup cat latest assets/logo.png --source /srv/site > logo.png`;

/** `cat RUN PATH`: the content of a file. */
export function addCat(program: Command, choose: Choose): void {
  const command = program
    .command('cat')
    .description('prints the content of a file of a run')
    .argument('<run>', heldRunHelp, runArgument)
    .argument('<path>', 'the file')
    .addHelpText('after', help);
  // Standard output is for the content, whatever happens.
  performAtSource(withQuiet(command), (flags, ...rest) => choose({ ...flags, json: false }, ...rest), print);
}

function print(call: Call & Scope, run: string, path: string): Promise<number> {
  return lookInto(call, async ({ backups, signal, find }) => {
    const manifest = await find(run);
    const { blocks } = await backups.content(manifest, pathIn(manifest, path) ?? '.', signal);
    await writePieces(blocks, process.stdout);
  });
}
