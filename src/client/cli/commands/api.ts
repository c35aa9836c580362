import type { Command } from 'commander';
import { exitCodes, untilStopped, type Call } from '../invocation.ts';
import { errorsToo, perform, withCommonOptions, type Choose } from './options.ts';

const help = `
The rest is said by environment variables, such as PORT, HOST and API_KEY; docs/configuration.md lists them.

Exit codes: 0 stopped by a signal, 1 could not start, 130 stopped at the second Ctrl-C.

Example:
  PORT=8080 durable-backup api`;

/** `api`: the HTTP API in front of an existing Temporal, until it is told to stop. */
export function addApi(program: Command, choose: Choose): void {
  const command = program.command('api').description('serves the HTTP API').addHelpText('after', help);
  perform(withCommonOptions(command, errorsToo), choose, serve, 'info');
}

// Temporal's SDK takes a while to load, and help does not need it.
async function serve(call: Call): Promise<number> {
  const stop = untilStopped(call);
  const { serveApi } = await import('../serve/serve-api.ts');
  await serveApi(call, stop);
  return exitCodes.done;
}
