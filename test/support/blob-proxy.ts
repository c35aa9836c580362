import { Agent, createServer, request as send, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** A request that a client sent, body and all. */
export interface SeenRequest {
  readonly method: string;
  /** Decoded, without the account: `/backups/srv/site/a b.txt`. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Of the body. */
  readonly bytes: number;
  /** How many requests were under way when it had come, itself included. */
  readonly inFlight: number;
}

interface FaultyAnswer {
  readonly status: number;
  readonly code?: string;
  readonly retryAfter?: number;
  /** What the service's clock says; as this machine's unless given. */
  readonly date?: Date;
}

/**
 * What becomes of a request: `status` answers it in the service's place, and may name the seconds to wait; `reset` cuts the connection
 * before the service sees it, `lose-answer` after the service did it, `cut-answer` halfway through the answer's body; `stall` never
 * answers; `repeat` sends it twice, as a network that lost track does, and answers what came the second time; `tamper` changes the
 * body, `tamperAnswer` the answer's, on the way.
 */
type Fault =
  | FaultyAnswer
  | 'reset'
  | 'lose-answer'
  | 'cut-answer'
  | 'stall'
  | 'repeat'
  | { readonly tamper: (body: Buffer) => Buffer }
  | { readonly tamperAnswer: (body: Buffer) => Buffer };

/** Undefined lets the request pass. A rule that waits holds the request up meanwhile. */
type Rule = (request: SeenRequest) => Fault | undefined | Promise<Fault | undefined>;

export interface BlobProxy {
  /** That of the target, with the proxy in its place. */
  readonly connectionString: string;
  /** In the order of arrival. */
  readonly requests: readonly SeenRequest[];
  /** Adds a rule; of several, the first that names a fault wins. Returns a function that takes the rule away. */
  readonly rule: (rule: Rule) => () => void;
  /** Stalls the first matching request until released; `reached` resolves when it has arrived. */
  readonly hold: (matches: (request: SeenRequest) => boolean) => { reached: Promise<void>; release: () => void };
  readonly close: () => Promise<void>;
}

const endpointOf = /BlobEndpoint=(?<endpoint>http:[^;]+)/u;

/** A stretch of bad network between a client and a blob service that speaks plain HTTP. */
export async function createBlobProxy({ target }: { target: string }): Promise<BlobProxy> {
  const endpoint = new URL(endpointOf.exec(target)?.groups?.['endpoint'] ?? '');
  const agent = new Agent({ keepAlive: true });
  const requests: SeenRequest[] = [];
  const rules = new Set<Rule>();
  let inFlight = 0;

  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    inFlight += 1;
    response.on('close', () => (inFlight -= 1));
    const body = await buffer(request);
    const url = new URL(request.url ?? '', endpoint);
    const path = decodeURIComponent(url.pathname.slice(endpoint.pathname.length));
    const seen = { method: request.method ?? '', path, query: url.searchParams, bytes: body.length, inFlight };
    requests.push(seen);
    const fault = await firstFault(rules, seen);
    if (fault === 'reset') return void request.socket.destroy();
    if (fault === 'stall') return;
    if (typeof fault === 'object' && 'status' in fault) return answer(response, fault);
    if (fault === 'repeat') await sendUnheard(request, { agent, endpoint, body });
    const tampered = typeof fault === 'object' && 'tamper' in fault ? fault.tamper(body) : body;
    await forward(request, response, { agent, endpoint, body: tampered, fault });
  };

  const server = createServer((request, response) => {
    // Either side may hang up at any time; that is what a proxy is for.
    handle(request, response).catch(() => request.socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;

  return {
    connectionString: target.replace(endpointOf, `BlobEndpoint=http://127.0.0.1:${port}${endpoint.pathname}`),
    requests,
    rule: (rule) => {
      rules.add(rule);
      return () => void rules.delete(rule);
    },
    hold: (matches) => holdFirst(rules, matches),
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      agent.destroy();
      await closed;
    },
  };
}

async function firstFault(rules: Iterable<Rule>, seen: SeenRequest): Promise<Fault | undefined> {
  for (const rule of rules) {
    const fault = await rule(seen);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function holdFirst(rules: Set<Rule>, matches: (request: SeenRequest) => boolean) {
  const reached = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  const rule: Rule = async (request) => {
    if (!matches(request) || !rules.delete(rule)) return undefined;
    reached.resolve();
    await released.promise;
    return undefined;
  };
  rules.add(rule);
  return { reached: reached.promise, release: released.resolve };
}

function answer(response: ServerResponse, { status, code = 'ServerBusy', retryAfter, date }: FaultyAnswer): void {
  const wait = retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) };
  if (date) response.setHeader('date', date.toUTCString());
  response.writeHead(status, { 'content-type': 'application/xml', 'x-ms-error-code': code, ...wait });
  response.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>Injected.</Message></Error>`);
}

interface Passage {
  readonly agent: Agent;
  readonly endpoint: URL;
  readonly body: Buffer;
  readonly fault: Fault | undefined;
}

/** Sends the request and throws the answer away. */
async function sendUnheard(request: IncomingMessage, passage: Omit<Passage, 'fault'>): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const onward = sendOn(request, passage, (answered) => answered.on('end', resolve).resume());
  onward.on('error', reject);
  await promise;
}

function sendOn(
  request: IncomingMessage,
  { agent, endpoint: { hostname, port }, body }: Omit<Passage, 'fault'>,
  onAnswer: (answered: IncomingMessage) => void,
) {
  const { host: _, ...headers } = request.headers;
  const onward = send({ agent, hostname, port, path: request.url, method: request.method, headers }, onAnswer);
  onward.end(body);
  return onward;
}

function forward(request: IncomingMessage, response: ServerResponse, passage: Passage): Promise<void> {
  const { fault } = passage;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const onward = sendOn(request, passage, (answered) => {
    const relay = async () => {
      const received = await buffer(answered);
      if (fault === 'lose-answer') return void request.socket.destroy();
      response.writeHead(answered.statusCode ?? 502, answered.headers);
      if (fault === 'cut-answer')
        return void response.write(received.subarray(0, received.length / 2), () => request.socket.destroy());
      response.end(typeof fault === 'object' && 'tamperAnswer' in fault ? fault.tamperAnswer(received) : received);
    };
    relay().then(resolve, reject);
  });
  onward.on('error', reject);
  return promise;
}
