import { randomUUID } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { Client, Connection } from '@temporalio/client';
import { pino } from 'pino';
import { inject, onTestFinished } from 'vitest';
import { Jobs } from '../../../../src/client/jobs/jobs.ts';
import { readConfig } from '../../../../src/config.ts';
import { serveHttp, type HttpServer } from '../../../../src/client/cli/serve/http-server.ts';
import { openBackups } from '../../../../src/client/cli/open/storage.ts';
import { temporaryDirectory } from '../../../support/tree.ts';
import type { Api } from '../harness.ts';

export interface EdgeApi extends Api {
  readonly server: HttpServer;
  /** The lines logged so far, at level trace. */
  readonly logged: string[];
}

/** The HTTP API with settings of the environment, its log kept; it goes with the test. */
export async function startEdgeApi(env: NodeJS.ProcessEnv = {}, address = inject('temporalAddress')): Promise<EdgeApi> {
  const root = await realpath(await temporaryDirectory());
  const config = readConfig({
    TASK_QUEUE: `edges-${randomUUID()}`,
    BACKUP_CONTAINER: `edges-${randomUUID()}`,
    BACKUP_ROOTS: root,
    AZURE_STORAGE_CONNECTION_STRING: inject('connectionString'),
    DURABLE_BACKUP_WORKFLOW_BUNDLE: inject('workflowBundlePath'),
    PORT: '0',
    ...env,
  });
  const connection = Connection.lazy({ address });
  const client = new Client({ connection });
  const jobs = new Jobs({ client, address, taskQueue: config.taskQueue });
  const logged: string[] = [];
  const log = pino({ level: 'trace', base: null }, { write: (line: string) => void logged.push(line) });
  const server = await serveHttp(config, jobs, log, config.storage && openBackups(config));
  onTestFinished(async () => {
    await server.close();
    await connection.close();
  });
  return { url: server.url, server, logged, config, root, client, jobs };
}

/** A bare connection, for what no HTTP client would send. */
export function connectTo(url: string): Socket {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => undefined);
  onTestFinished(() => void socket.destroy());
  return socket;
}

/** Sends text as it is and returns all that comes back until the server closes. */
export async function sendRaw(url: string, text: string | Buffer): Promise<string> {
  const socket = connectTo(url);
  let answer = '';
  socket.on('data', (chunk) => (answer += String(chunk)));
  socket.write(text);
  await new Promise((resolve) => socket.once('close', resolve));
  return answer;
}
