import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { DefaultLogger, makeTelemetryFilterString, Runtime, type RuntimeOptions } from '@temporalio/worker';
import type { Logger } from 'pino';
import type { Metrics } from '../../../telemetry/metrics.ts';
import { requireOpenFiles } from '../serve/require-open-files.ts';

const levels = { TRACE: 'trace', DEBUG: 'debug', INFO: 'info', WARN: 'warn', ERROR: 'error' } as const;
const tries = 3;

/**
 * Sends what Temporal's SDK logs to `log`, and what it counts to `metrics`. Once a process, before the first worker. Signals stay with
 * the entry point: the SDK would stop the workers at the first and let the second, which may be the same key press, kill them.
 */
export async function installRuntime(log: Logger, metrics?: Metrics): Promise<void> {
  await requireOpenFiles();
  if (!metrics) {
    Runtime.install(optionsOf(log));
    return;
  }
  for (let tried = 1; ; tried += 1) {
    const bindAddress = await freeAddress();
    try {
      Runtime.install(optionsOf(log, bindAddress));
    } catch (error) {
      // Somebody else may have taken the port meanwhile.
      if (tried < tries) continue;
      throw error;
    }
    metrics.add(async () => (await fetch(`http://${bindAddress}/metrics`)).text());
    return;
  }
}

function optionsOf(log: Logger, bindAddress?: string): RuntimeOptions {
  const ofMetrics = { countersTotalSuffix: true, unitSuffix: true, useSecondsForDurations: true };
  return {
    shutdownSignals: [],
    logger: new DefaultLogger('INFO', ({ level, message, meta }) => log[levels[level]]({ ...meta }, message)),
    telemetryOptions: {
      logging: { filter: makeTelemetryFilterString({ core: 'WARN' }), forward: {} },
      ...(bindAddress !== undefined && { metrics: { prometheus: { bindAddress, ...ofMetrics } } }),
    },
  };
}

// The SDK serves its metrics by itself, where it is told to, and cannot say which port it took.
async function freeAddress(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return `127.0.0.1:${port}`;
}
