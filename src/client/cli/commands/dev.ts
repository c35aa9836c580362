import { printableJson } from '../../../lib/printable.ts';
import type { Command } from 'commander';
import { exitCodes, untilStopped, type Call } from '../invocation.ts';
import type { Places } from '../serve/serve-here.ts';
import { perform, withCommonOptions, type Choose } from './options.ts';

const help = `
Starts Temporal with its Web UI, Azurite, a worker and the HTTP API, except what the environment names.

Exit codes: 0 stopped by a signal, 1 could not start, or failed, 130 stopped at the second Ctrl-C.

Example:
  BACKUP_ROOTS=/srv/site durable-backup dev`;

/** `dev`: everything on this machine until Ctrl-C. */
export function addDev(program: Command, choose: Choose): void {
  const command = program
    .command('dev')
    .description('serves all of it on this machine, to try things out')
    .addHelpText('after', help);
  perform(withCommonOptions(command, 'print the addresses as one JSON object'), choose, serve, 'warn');
}

// Temporal's SDK takes a while to load, and help does not need it.
async function serve(call: Call): Promise<number> {
  const { json, quiet, answer } = call;
  const say = (text: string) => (json || quiet ? undefined : answer(text));
  const stop = untilStopped(call).then(() => say('Stopping.'));
  const { serveHere } = await import('../serve/serve-here.ts');
  await serveHere(call, stop, (places) => {
    if (json) answer(printableJson(places));
    else say(placesText(places));
  });
  return exitCodes.done;
}

function placesText({ api, webUi, temporal, taskQueue, blobs, inventory, roots }: Places): string {
  return [
    `HTTP API         ${api}`,
    ...(webUi === undefined ? [] : [`Temporal Web UI  ${webUi}`]),
    `Temporal         ${temporal}, task queue ${taskQueue}`,
    `Blobs            ${blobs}`,
    `Inventory        ${inventory}`,
    `May back up      ${roots.join(', ')}`,
    'Ctrl-C stops everything.',
  ].join('\n');
}
