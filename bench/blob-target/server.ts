import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createAccount } from './account.ts';
import { readAsk, refuse, type Answer, type Ask } from './ask.ts';
import { countOf, type Count, type Counts } from './counts.ts';
import { kindOf } from './kinds.ts';

export interface BlobTargetOptions {
  /** Milliseconds by which each answer is late, as that of a distant service. */
  readonly delay: number;
  /** Content is kept for blobs whose names begin with this; of the others size and metadata are. */
  readonly keep: string;
}

/** Where {@link Counts} are, as JSON. */
export const statsPath = '/__stats';

/**
 * A fast stand-in for Azure's Blob Storage, to measure clients with: as much of it as rclone, azcopy and this project ask for, in memory,
 * without a look at signatures or checksums.
 */
export function createBlobTarget({ delay, keep }: BlobTargetOptions): Server {
  const answer = createAccount();
  const counts: Counts = {};
  const server = createServer((request, response) => {
    if (request.url === statsPath) {
      send(response, { status: 200, headers: ['content-type', 'application/json'], body: JSON.stringify(counts) });
      return;
    }
    const asked = tryRead(request);
    if (asked === undefined) {
      request.resume();
      send(response, refuse(400, 'InvalidUri'));
      return;
    }
    const kind = kindOf(asked);
    const count = countOf(counts, kind);
    const isKept = kind === 'put block list' || asked.blob.startsWith(keep);
    takeBody(request, isKept, count, (size, body) => {
      const finish = () => {
        const given = answer(kind, asked, { size, body });
        count.inFlight -= 1;
        count.bytesOut += given.body?.length ?? 0;
        send(response, given);
      };
      if (delay > 0) setTimeout(finish, delay);
      else finish();
    });
  });
  // Clients keep connections open for as long as they like.
  server.keepAliveTimeout = 0;
  server.requestTimeout = 0;
  return server;
}

/** Undefined when its path cannot be read. */
function tryRead(request: IncomingMessage): Ask | undefined {
  try {
    return readAsk(request);
  } catch {
    return undefined;
  }
}

function takeBody(
  request: IncomingMessage,
  isKept: boolean,
  count: Count,
  done: (size: number, body?: Buffer) => void,
): void {
  const chunks: Buffer[] = [];
  let size = 0;
  count.requests += 1;
  count.inFlight += 1;
  request.on('data', (chunk: Buffer) => {
    size += chunk.length;
    count.bytesIn += chunk.length;
    if (isKept) chunks.push(chunk);
  });
  request.on('end', () => done(size, isKept ? Buffer.concat(chunks) : undefined));
  request.on('error', () => {
    count.inFlight -= 1;
    count.cut += 1;
  });
}

function send(response: ServerResponse, { status, headers = [], body = '' }: Answer): void {
  const isWhole = response.req.method === 'HEAD';
  const length = isWhole ? [] : ['content-length', String(Buffer.byteLength(body))];
  response.sendDate = false;
  response.writeHead(status, ['x-ms-version', '2021-12-02', 'x-ms-request-id', '0', ...headers, ...length]);
  response.end(body);
}
