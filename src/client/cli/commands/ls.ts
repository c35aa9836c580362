import type { Command } from 'commander';
import { entryFormat } from '../render/entry-text.ts';
import type { Call } from '../invocation.ts';
import { lookInto, pathIn } from '../open/with-backups.ts';
import { printAll } from '../render/rows.ts';
import type { Scope } from '../open/scope.ts';
import { heldRunHelp, performAtSource, runArgument, withCommonOptions, type Choose } from './options.ts';

const help = `
Each row has the type, the permissions, the size, the time of modification and the path; a directory ends in a slash.
With --json, each row is one JSON object on a line of its own (NDJSON), with the exact path, encoded, and the SHA-256.

Exit codes: 0 done, 1 error, 130 interrupted.

Examples:
  durable-backup ls latest --source /srv/site
  durable-backup ls 20261121T063324Z-b2d63b73 assets --recursive --json | jq -r .path`;

interface LsFlags extends Scope {
  readonly recursive: boolean;
}

/** `ls RUN [PATH]`: what is in a folder of a run. */
export function addLs(program: Command, choose: Choose): void {
  const command = program
    .command('ls')
    .description('lists what is in a folder of a run')
    .argument('<run>', heldRunHelp, runArgument)
    .argument('[path]', 'folder, or something in one; by default all that was backed up')
    .option('-r, --recursive', 'list what is in its folders too', false)
    .addHelpText('after', help);
  performAtSource(withCommonOptions(command, 'print NDJSON instead of columns'), choose, list);
}

function list(call: Call & LsFlags, run: string, path?: string): Promise<number> {
  return lookInto(call, async ({ backups, signal, find }) => {
    const manifest = await find(run);
    const folder = pathIn(manifest, path);
    const asked = { recursive: call.recursive, ...(folder !== undefined && { path: folder }) };
    await printAll(backups.entries(manifest, asked, signal), entryFormat, call);
  });
}
