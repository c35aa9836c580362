import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import {
  DefaultLogger,
  NativeConnection,
  makeTelemetryFilterString,
  Runtime,
  type RuntimeOptions,
  type GrpcCompressionConfig,
  type LogMetadata,
} from '@temporalio/worker';
import type { Logger } from 'pino';
import { createWorker, type WorkerDependencies } from '../../../worker.ts';
import type { Config } from '../../../config.ts';
import type { BlobStore } from '../../../storage/blob-store.ts';
import { connectClient, reach, type TemporalTarget } from './temporal.ts';
import type { Metrics } from '../../../telemetry/metrics.ts';
import { requireOpenFiles } from './stack.ts';
import { isLoopback } from '../../../lib/is-loopback.ts';

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
    logger: new DefaultLogger('INFO', ({ level, message, meta }) => log[levels[level]](fieldsOf(meta), message)),
    telemetryOptions: {
      logging: { filter: makeTelemetryFilterString({ core: 'WARN' }), forward: {} },
      ...(bindAddress !== undefined && { metrics: { prometheus: { bindAddress, ...ofMetrics } } }),
    },
  };
}

// Between threads an error loses its class and its type, so a workflow says beside it what it failed with.
function fieldsOf(meta: LogMetadata = {}): LogMetadata {
  if (meta instanceof Error) return { error: meta };
  const { failure, ...fields } = meta;
  return failure === undefined ? fields : { ...fields, error: failure };
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

interface OwnWorker {
  /** Rejects when the worker dies of an error; resolves when it was stopped. */
  readonly ended: Promise<void>;
  /** Lets the activities under way end or be given back, then stops. */
  stop(): Promise<void>;
}

/** Runs a worker inside this process, beside whatever else it does. */
export async function startOwnWorker(
  config: Config,
  target: TemporalTarget,
  store: BlobStore,
  parts: Pick<WorkerDependencies, 'dataConverter' | 'inventory' | 'extraRoots' | 'metrics'> = {},
): Promise<OwnWorker> {
  const connection = await connectWorker(target);
  try {
    const worker = await createWorker({ config, connection, namespace: target.namespace, store, ...parts });
    const ended = worker.run();
    const settled = ended.catch(() => undefined);
    return {
      ended,
      stop: async () => {
        worker.shutdown();
        await settled;
        await connection.close();
      },
    };
  } catch (error) {
    await connection.close();
    throw error;
  }
}

/** As {@link connectClient}, for a worker. */
export async function connectWorker(target: TemporalTarget): Promise<NativeConnection> {
  // A native connection has no timeout: to a server that is silent it would wait for ever, so a client asks first.
  const probe = await connectClient(target);
  await probe.connection.close();
  const grpcOptions = { grpcCompression: grpcCompression(target.address) };
  return reach(target, () => NativeConnection.connect({ ...target.options, ...grpcOptions }));
}

/**
 * How a worker's calls to Temporal at `address` (`host:port`) are compressed: not on this machine, where it costs both ends processor
 * time and saves nothing. Clients never compress, and are answered in kind.
 */
export function grpcCompression(address: string): GrpcCompressionConfig {
  return { codec: isLoopback(hostOf(address)) ? 'none' : 'gzip' };
}

function hostOf(address: string): string {
  const [, bracketed, plain] = /^(?:\[([^\]]*)\](?::\d+)?|(.*?)(?::\d+)?)$/u.exec(address.trim()) ?? [];
  return (bracketed ?? plain ?? '').toLowerCase();
}
