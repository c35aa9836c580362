import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import {
  defaultNotifyOptions,
  type Notice,
  type NotifyOptions,
  type TargetKind,
  type TellInput,
} from '../../../src/contracts/notice.ts';
import type { NotificationTarget, SourceDefinition } from '../../../src/contracts/sources.ts';

export interface Received {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** A web server that keeps what it is sent and lets `answer` answer it; it goes with the test. */
export async function startReceiver(
  answer: (response: ServerResponse, number: number) => void = (response) => void response.writeHead(204).end(),
): Promise<{ url: string; host: string; received: Received[]; close: () => Promise<void> }> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += String(chunk)));
    request.on('end', () => {
      received.push({ path: request.url ?? '', headers: request.headers, body });
      answer(response, received.length);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = async () => {
    if (!server.listening) return;
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  };
  onTestFinished(close);
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url: `http://${host}`, host, received, close };
}

export const notice: Notice = {
  event: 'failure',
  source: 'photos',
  text: 'the scheduled backup of photos failed: no such directory',
  at: '2026-11-21T06:10:03.142Z',
  instanceId: 'scheduled-photos-2026-11-21T06:10:00Z',
  backup: {
    instanceId: 'backup-photos-20261121T061000Z',
    outcome: 'incomplete',
    startedAt: '2026-11-21T06:10:00.142Z',
    finishedAt: '2026-11-21T06:10:03.142Z',
    runId: '20261121T061000Z-c78e46f5',
    files: 3,
    bytes: 30,
    failed: 1,
    failure: { type: 'BackupIncomplete', message: '1 of 4 files' },
  },
  steps: [],
};

/** A source whose failures are told to these. */
export function sourceTelling(...failure: NotificationTarget[]): SourceDefinition {
  return { name: 'photos', root: '/srv/photos', prefix: 'photos/', notify: { failure } };
}

/** What the activity that tells the first of them is asked. */
export function asked(kind: TargetKind, options: Partial<NotifyOptions> = {}): TellInput {
  return {
    place: { list: 'failure', index: 0, kind },
    notice,
    deliveryId: 'notify-photos-0',
    options: { ...defaultNotifyOptions, ...options },
  };
}
