import type { Command } from 'commander';
import type { RunInfo } from '../../client/backups/run-info.ts';
import { exitCodes } from '../../client/cli/exit-code.ts';
import { runListText } from '../../client/cli/run-list.ts';
import { writeLines } from '../../client/cli/write-lines.ts';
import type { Call, CommonFlags } from '../invocation.ts';
import { withBackups } from '../with-backups.ts';
import { commonFlags, withCommonOptions, withSource, type Choose } from './options.ts';

const help = `
States: complete; incomplete, with the number of files that failed; unfinished, which runs or was stopped before its end;
unreadable, when the manifest is damaged.

Exit codes: 0 done, whatever the states are, 1 error, 130 interrupted.

Examples:
  npm run backup -- runs
  npm run backup -- runs --source /srv/site --json | jq -r '.[0].run'`;

interface RunsFlags extends CommonFlags {
  readonly source?: string;
}

/** `runs`: the history, newest first. */
export function addRuns(program: Command, choose: Choose): void {
  const command = program.command('runs').description('lists the runs, newest first').addHelpText('after', help);
  withSource(withCommonOptions(command, 'print one JSON array instead of text')).action(() => {
    const flags = { ...command.opts<RunsFlags>(), ...commonFlags(command) };
    choose(flags, (call) => listRuns({ ...call, ...flags }));
  });
}

function listRuns(call: Call & RunsFlags): Promise<number> {
  const { source: root, json } = call;
  return withBackups(call, async (backups, signal) => {
    const runs: RunInfo[] = [];
    for await (const run of backups.runs(root === undefined ? {} : { root }, signal)) runs.push(run);
    await writeLines([json ? JSON.stringify(runs) : runListText(runs, backups.url)], process.stdout);
    return exitCodes.done;
  });
}
