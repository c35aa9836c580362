import type { Command } from 'commander';
import { exitCodes, type Call } from '../invocation.ts';
import { ledgerLines } from '../render/ledger-text.ts';
import { writeLines } from '../render/rows.ts';
import type { Scope } from '../open/scope.ts';
import { withScope } from '../open/with-backups.ts';
import { performAtSource, runArgument, runHelp, withCommonOptions, type Choose } from './options.ts';

const help = `
Each row has the path, what became of it, how often the file was read, its size, its SHA-256 and, where it failed, the reason.
With --json, each row is one JSON object on a line of its own (NDJSON), with all 64 digits of the hash and the exact path,
encoded, beside the one for people.

Exit codes: 0 done, whatever the outcomes are, 1 error, 130 interrupted.

Examples:
  durable-backup ledger latest --source /srv/site
  durable-backup ledger latest --json | jq -r 'select(.outcome == "failed") | "\\(.path): \\(.reason)"'`;

/** `ledger RUN`: what became of every path. */
export function addLedger(program: Command, choose: Choose): void {
  const command = program
    .command('ledger')
    .description('prints what became of every path of a run')
    .argument('<run>', `${runHelp}; or the id of a restore or a verification`, runArgument)
    .addHelpText('after', help);
  performAtSource(withCommonOptions(command, 'print NDJSON instead of columns'), choose, printLedger);
}

function printLedger(call: Call & Scope, run: string): Promise<number> {
  const { root, json } = call;
  return withScope(call, async (backups, signal) => {
    const rows = await backups.ledger({ run, ...(root !== undefined && { root }) }, signal);
    await writeLines(ledgerLines(rows, { json }), process.stdout);
    return exitCodes.done;
  });
}
