import type { Command } from 'commander';
import { exitCodes } from '../../client/cli/exit-code.ts';
import { ledgerLines } from '../../client/cli/ledger-text.ts';
import { writeLines } from '../../client/cli/write-lines.ts';
import type { Call, CommonFlags } from '../invocation.ts';
import { withBackups } from '../with-backups.ts';
import { commonFlags, runArgument, runHelp, withCommonOptions, withSource, type Choose } from './options.ts';

const help = `
Each row has the path, what became of it, how often the file was read, its size, its SHA-256 and, where it failed, the reason.
With --json, each row is one JSON object on a line of its own (NDJSON), with all 64 digits of the hash and the exact path,
encoded, beside the one for people.

Exit codes: 0 done, whatever the outcomes are, 1 error, 130 interrupted.

Examples:
  npm run backup -- ledger latest --source /srv/site
  npm run backup -- ledger latest --json | jq -r 'select(.outcome == "failed") | "\\(.path): \\(.reason)"'`;

interface LedgerFlags extends CommonFlags {
  readonly source?: string;
}

/** `ledger RUN`: what became of every path. */
export function addLedger(program: Command, choose: Choose): void {
  const command = program
    .command('ledger')
    .description('prints what became of every path of a run, a restore or a verification')
    .argument('<run>', `${runHelp}; or the id of a restore or a verification`, runArgument)
    .addHelpText('after', help);
  withSource(withCommonOptions(command, 'print NDJSON instead of columns')).action((run: string) => {
    const flags = { ...command.opts<LedgerFlags>(), ...commonFlags(command) };
    choose(flags, (call) => printLedger(run, { ...call, ...flags }));
  });
}

function printLedger(run: string, call: Call & LedgerFlags): Promise<number> {
  const { source: root, json } = call;
  return withBackups(call, async (backups, signal) => {
    const rows = await backups.anyLedger({ run, ...(root !== undefined && { root }) }, signal);
    await writeLines(ledgerLines(rows, { json }), process.stdout);
    return exitCodes.done;
  });
}
