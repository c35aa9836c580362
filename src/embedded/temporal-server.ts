import { connect } from 'node:net';
import { join } from 'node:path';
import type { Connection } from '@temporalio/client';
import { findClosedAddress, type SocketAddress, reservePort } from './ports.ts';
import { launchProcess, type ManagedServer } from './managed-server.ts';

export interface TemporalServerOptions {
  /** The port of the gRPC API on 127.0.0.1; 0 picks a free one. */
  readonly port: number;
  /** Whether it has a Web UI, which answers anybody who finds it: see {@link findClosedAddress}. */
  readonly webUi?: boolean;
  /** Gives the path of Temporal's command line program; called only when a server must be started. */
  readonly cli: () => Promise<string>;
  /** Keeps nothing on disk: faster, and all is lost when the server stops. */
  readonly inMemory?: boolean;
}

/** The dev server is one process with one SQLite connection; its default rate limits are below what that can do. */
const dynamicConfig = [
  'frontend.rps=20000',
  'frontend.namespaceRPS=20000',
  'matching.rps=20000',
  'history.rps=20000',
  'system.enableActivityEagerExecution=true',
  'matching.enableFairness=true',
  // Turns are taken within a partition. What an earlier version left in the others is read all the same.
  'matching.numTaskqueueWritePartitions=1',
  // The HTTP API, which asks nobody who he is, cannot be switched off, and any page could post to it. No request has a Host like this.
  'frontend.httpAllowedHosts=[" "]',
];

/** Temporal's development server, its database in `dataDir`. */
export function temporalServer(dataDir: string, options: TemporalServerOptions): ManagedServer {
  return {
    name: "Temporal's development server",
    key: 'temporal',
    launch: async (logFile) => {
      const port = await reservePort({ port: options.port, purpose: 'Temporal', setting: 'EMBEDDED_TEMPORAL_PORT' });
      const webUi = options.webUi === true ? await findClosedAddress() : undefined;
      const database = options.inMemory === true ? [] : databaseArguments(dataDir);
      const args = [...serverArguments(port, webUi), ...database];
      const identity = await launchProcess(await options.cli(), args, logFile);
      return { ...identity, port, isClosed: true, ...(webUi && { webUi }) };
    },
    isReady: async (state) => (await acceptsConnections(state.port)) && (await servesDefaultNamespace(state.port)),
  };
}

function serverArguments(port: number, webUi: SocketAddress | undefined): string[] {
  return [
    'server',
    'start-dev',
    '--ip=127.0.0.1',
    `--port=${port}`,
    '--log-level=error',
    ...(webUi ? [`--ui-ip=${webUi.host}`, `--ui-port=${webUi.port}`, '--ui-disable-news-fetch'] : ['--headless']),
    ...dynamicConfig.flatMap((entry) => ['--dynamic-config-value', entry]),
  ];
}

function databaseArguments(dataDir: string): string[] {
  const pragmas = ['--sqlite-pragma', 'journal_mode=WAL', '--sqlite-pragma', 'synchronous=NORMAL'];
  return ['--db-filename', join(dataDir, 'temporal.db'), ...pragmas];
}

/** A cheap first question: gRPC, when refused, waits a second before it tries again. */
function acceptsConnections(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const answer = (accepted: boolean): void => {
      socket.destroy();
      resolve(accepted);
    };
    socket.once('connect', () => answer(true));
    socket.once('error', () => answer(false));
    socket.setTimeout(1_000, () => answer(false));
  });
}

/** The server opens its port before the namespace exists; only after that can work be started. */
async function servesDefaultNamespace(port: number): Promise<boolean> {
  let connection: Connection | undefined;
  try {
    const { Connection: Client } = await import('@temporalio/client');
    connection = await Client.connect({ address: `127.0.0.1:${port}`, connectTimeout: 2_000 });
    const { workflowService } = connection;
    await connection.withDeadline(Date.now() + 2_000, () =>
      workflowService.describeNamespace({ namespace: 'default' }),
    );
    return true;
  } catch {
    return false;
  } finally {
    await connection?.close();
  }
}
