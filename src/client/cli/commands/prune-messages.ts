import { printableJson } from '../../../lib/printable.ts';
import { InvalidArgumentError, type Command } from 'commander';
import { exitCodes, type Call } from '../invocation.ts';
import { perform, withCommonOptions, type Choose } from './options.ts';

const hour = 3_600_000;
const help = `
Safe while jobs run. When any history cannot be read, nothing is deleted and the exit code is 1.

Example:
  durable-backup prune-messages --dry-run`;

interface PruneMessagesFlags {
  readonly dryRun: boolean;
  /** Hours. */
  readonly grace: number;
}

/** `prune-messages`: deletes the large messages that no retained workflow refers to. */
export function addPruneMessages(program: Command, choose: Choose): void {
  const command = program
    .command('prune-messages')
    .description('deletes large messages that no retained workflow refers to')
    .option('--dry-run', 'delete nothing, and say what would be deleted', false)
    .option('--grace <hours>', 'keep what was used in the last hours, one at least', hours, 24)
    .addHelpText('after', help);
  perform(withCommonOptions(command, 'print one JSON object instead of text'), choose, prune, 'warn');
}

// Temporal's SDK takes a while to load, and help does not need it.
async function prune(call: Call & PruneMessagesFlags): Promise<number> {
  const { dryRun, grace, json, quiet, answer } = call;
  const { pruneLargeMessages } = await import('../prune-large-messages.ts');
  const result = await pruneLargeMessages(call, { graceMs: grace * hour, dryRun });
  const { scanned, referenced, kept, deleted, bytesFreed } = result;
  if (json) answer(printableJson({ dryRun, ...result }));
  else if (!quiet) {
    answer(`${dryRun ? 'Would delete' : 'Deleted'} ${deleted} large messages, ${bytesFreed} bytes.`);
    answer(`Kept ${kept}, of which ${referenced} in use by ${scanned} retained workflow executions.`);
  }
  return exitCodes.done;
}

// A payload is stored before the history that refers to it is written: too short a grace would delete it in between.
function hours(text: string): number {
  if (/^\d{1,5}$/u.test(text) && Number(text) >= 1) return Number(text);
  throw new InvalidArgumentError('It must be a whole number of hours from 1 to 99999.');
}
