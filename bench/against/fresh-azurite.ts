import { azuriteConnectionString } from '../../src/embedded/azurite.ts';
import type { Closing } from '../closing.ts';
import { startProcess } from '../own-process.ts';
import { accountTarget, endsByItself, type Target } from './target.ts';

/**
 * An Azurite that keeps nothing on disk, and that is started anew, at the same address, to make a container empty: it gets slower with
 * each blob that it has.
 */
export async function openFreshAzurite(closing: Closing): Promise<Target> {
  const entry = new URL(import.meta.resolve('azurite/dist/src/blob/main.js'));
  const start = (port: string) => {
    const how = ['--disableTelemetry', '--skipApiVersionCheck', '--silent', '--inMemoryPersistence'];
    const program = { entry, args: ['--blobHost', '127.0.0.1', '--blobPort', port, ...how] };
    return startProcess(closing, program, /listens on http:\/\/127\.0\.0\.1:(\d+)/u);
  };
  let now = await start('0');
  const port = now.ready[1] ?? '';
  const target = accountTarget(azuriteConnectionString(Number(port)), 'an Azurite in memory, fresh for each run');
  return {
    ...endsByItself(target),
    empty: async (container) => {
      await now.kill();
      now = await start(port);
      await target.empty(container);
    },
  };
}
