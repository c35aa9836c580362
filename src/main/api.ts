import { Jobs } from '../client/jobs/jobs.ts';
import type { Config } from '../config.ts';
import { serveHttp } from './http-server.ts';
import { largeMessages } from './large-messages.ts';
import { openBackups } from './open-backups.ts';
import { runMain } from './run-main.ts';
import { connectClient, temporalTarget } from './temporal.ts';
import { untilSignal } from './until-signal.ts';

// Temporal's limit for a payload: https://docs.temporal.io/self-hosted-guide/defaults
const largestInHistory = 2 * 1024 * 1024;

/** `npm run api`: the HTTP API in front of an existing Temporal, until it is told to stop. */
await runMain(async (config, log) => {
  const stop = untilSignal();
  const target = temporalTarget();
  // Whoever knows the account sees large results whole; the rest of the API needs no storage.
  const client = await connectClient(target, config.storage && largeMessages(config));
  const jobs = new Jobs({ client, address: target.address, taskQueue: config.taskQueue });
  const server = await serveHttp(
    { ...config, http: limited(config) },
    jobs,
    log,
    config.storage && openBackups(config),
  );
  log.info({ url: server.url, temporal: target.address, taskQueue: config.taskQueue }, 'API is listening');
  await stop;
  await server.close();
  await client.connection.close();
  return 0;
});

/** Without an account, what does not fit into a history has nowhere to go. */
function limited({ http, storage }: Config): Config['http'] {
  return storage ? http : { ...http, maxBatchBytes: Math.min(http.maxBatchBytes, largestInHistory) };
}
