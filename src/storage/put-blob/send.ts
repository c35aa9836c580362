import { Agent as HttpAgent, request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';

// Connections stay open between requests; how many there are is for whoever sends to say.
const agents = { 'http:': new HttpAgent({ keepAlive: true }), 'https:': new HttpsAgent({ keepAlive: true }) };

/** What a service answered. The body of an answer is read and thrown away. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
}

/** Sends one PUT. Rejects with the system's error, or with the signal's reason. */
export function sendPut(
  url: URL,
  headers: Readonly<Record<string, string>>,
  body: Buffer,
  signal: AbortSignal,
): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const { protocol, hostname, port, pathname, search } = url;
  const isSecure = protocol === 'https:';
  const options = {
    agent: isSecure ? agents['https:'] : agents['http:'],
    method: 'PUT',
    // Node wants an IPv6 address without its brackets.
    hostname: hostname.replace(/^\[|\]$/gu, ''),
    ...(port !== '' && { port }),
    path: pathname + search,
    headers,
    signal,
  };
  const request = (isSecure ? httpsRequest : httpRequest)(options, (response) => {
    response.on('error', reject);
    response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers }));
    response.resume();
  });
  request.on('error', reject);
  request.end(body);
  return promise;
}
