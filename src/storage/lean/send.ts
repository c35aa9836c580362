import { Agent as HttpAgent, request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';

// Connections stay open between requests; how many there are is for whoever sends to say.
const agents = { 'http:': new HttpAgent({ keepAlive: true }), 'https:': new HttpsAgent({ keepAlive: true }) };

/** What a service answered, whole. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface Message {
  readonly method: 'GET' | 'PUT';
  /** With the query, as it stands in a URL. */
  readonly path: string;
  /** Names and values in turn. */
  readonly headers: readonly string[];
  readonly body?: Buffer;
}

/** Sends one request. Rejects with the system's error, also where the answer is cut short, or with the signal's reason. */
export type Send = (message: Message, signal: AbortSignal) => Promise<Answer>;

/** Makes the function that sends to the host of this URL. */
export function createSend({ protocol, host, hostname, port }: URL): Send {
  const isSecure = protocol === 'https:';
  const startRequest = isSecure ? httpsRequest : httpRequest;
  const service = {
    agent: isSecure ? agents['https:'] : agents['http:'],
    // Node wants an IPv6 address without its brackets.
    hostname: hostname.replace(/^\[|\]$/gu, ''),
    ...(port !== '' && { port }),
  };

  return ({ method, path, headers, body }, signal) =>
    new Promise((resolve, reject) => {
      signal.throwIfAborted();
      // Headers in a list are sent as they are, without the table that Node keeps of them otherwise.
      const request = startRequest({ ...service, method, path, headers: ['host', host, ...headers] }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const [first] = chunks;
          const whole = first !== undefined && chunks.length === 1 ? first : Buffer.concat(chunks);
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: whole });
        });
      });
      // The option `signal` does the same with a dozen listeners.
      const abort = () => request.destroy(signal.reason as Error);
      signal.addEventListener('abort', abort);
      request.on('close', () => signal.removeEventListener('abort', abort));
      request.on('error', reject);
      request.end(body);
    });
}
