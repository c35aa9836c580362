import type { Command } from 'commander';
import { writePieces } from '../../client/cli/write-lines.ts';
import type { Call } from '../invocation.ts';
import { lookInto, pathIn, type SourceFlags } from '../look-into.ts';
import { commonFlags, heldRunHelp, runArgument, withSource, type Choose } from './options.ts';

const help = `
Content is checked against its SHA-256 before the last of it is printed. When it is not what the run stored, the command says so on
standard error and ends with exit code 1, and what it printed is a part at most.

Exit codes: 0 done, 1 error, 130 interrupted.

Examples:
  npm run -s backup -- cat latest assets/logo.png --source /srv/site > logo.png`;

/** `cat RUN PATH`: the content of a file. */
export function addCat(program: Command, choose: Choose): void {
  const command = program
    .command('cat')
    .description('prints the content of a file of a run')
    .argument('<run>', heldRunHelp, runArgument)
    .argument('<path>', 'the file')
    .addHelpText('after', help);
  withSource(command).action((run: string, path: string) => {
    // Standard output is for the content, whatever happens.
    const flags = { ...command.opts<SourceFlags>(), ...commonFlags(command), json: false };
    choose(flags, (call) => print(run, path, { ...call, ...flags }));
  });
}

function print(run: string, path: string, call: Call & SourceFlags): Promise<number> {
  return lookInto(call, async ({ backups, signal, find }) => {
    const manifest = await find(run);
    const { blocks } = await backups.content(manifest, pathIn(manifest, path) ?? '.', signal);
    await writePieces(blocks, process.stdout);
  });
}
