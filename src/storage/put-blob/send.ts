import { Agent as HttpAgent, request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';

// Connections stay open between requests; how many there are is for whoever sends to say.
const agents = { 'http:': new HttpAgent({ keepAlive: true }), 'https:': new HttpsAgent({ keepAlive: true }) };

/** What a service answered. The body of an answer is read and thrown away. */
interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
}

/** Sends one PUT; `headers` are names and values in turn. Rejects with the system's error, or with the signal's reason. */
export type SendPut = (path: string, headers: readonly string[], body: Buffer, signal: AbortSignal) => Promise<Answer>;

/** Makes the function that sends to the host of this URL. */
export function createSendPut({ protocol, host, hostname, port }: URL): SendPut {
  const isSecure = protocol === 'https:';
  const startRequest = isSecure ? httpsRequest : httpRequest;
  const service = {
    agent: isSecure ? agents['https:'] : agents['http:'],
    method: 'PUT',
    // Node wants an IPv6 address without its brackets.
    hostname: hostname.replace(/^\[|\]$/gu, ''),
    ...(port !== '' && { port }),
  };

  return (path, headers, body, signal) =>
    new Promise((resolve, reject) => {
      signal.throwIfAborted();
      // Headers in a list are sent as they are, without the table that Node keeps of them otherwise.
      const request = startRequest({ ...service, path, headers: ['host', host, ...headers] }, (response) => {
        response.on('error', reject);
        response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers }));
        response.resume();
      });
      // The option `signal` does the same with a dozen listeners.
      const abort = () => request.destroy(signal.reason as Error);
      signal.addEventListener('abort', abort);
      request.on('close', () => signal.removeEventListener('abort', abort));
      request.on('error', reject);
      request.end(body);
    });
}
