import type { Express, Request, RequestHandler, Response } from 'express';
import type { z } from 'zod';
import type { AppDependencies } from './app-dependencies.ts';
import type { Answers } from './answers.ts';
import { readHeaders, readPath, readQuery, type Parameters, type Read } from './parameters.ts';
import { refuseMethod } from './problem.ts';
import { readObject } from './read-object.ts';
import { collectBody, readJsonBody } from './server/json-body.ts';
import type { Keys, Scope } from './server/keys.ts';
import { addLogFields } from './server/request-log.ts';

/** The groups of the document, in the order in which a reader meets them. */
export const tags = {
  Backups: 'Start a backup, and complete one that lacks something',
  Runs: 'What backups left, and what is in them',
  'Restore and verify': 'Bring back what a run holds, and check that it is there',
  Retention: 'Give up runs, and delete what none needs',
  Sources: 'What the sources file names, how each source is, and what it takes',
  Schedules: 'When sources are backed up by themselves',
  Instances: 'Whatever was started: how it stands, and what can be done about it',
  Orders: 'Batches of order items',
  Server: 'The process itself',
} as const;

/** What handlers share. */
export interface Server extends AppDependencies {
  readonly keys: Keys;
  /** Whether a worker has asked for work lately; the answer may be a second old. */
  readonly hasWorkers: () => Promise<boolean>;
  /** Aborts when the server is about to end: what waits should answer now, or it will be cut off. */
  readonly draining: AbortSignal;
  /** The OpenAPI document as JSON, for callers who reach the server at this origin. */
  readonly document: (origin: string) => string;
}

/** The JSON body of a request. */
export interface Body<T> {
  readonly schema: z.ZodType<T>;
  /** As the document shows it, where a body may also be null or absent. */
  readonly described?: z.ZodType;
  /** Ends the message about what does not fit the schema: what the body must be. */
  readonly what: string;
  /** What kind of JSON it is, for the message about what is none. */
  readonly kind: string;
  /** Shown in that message and in the document. */
  readonly example: unknown;
  readonly required?: boolean;
  /** Most bytes. */
  readonly most: number | ((server: Server) => number);
  /** What stands for null and for no body. */
  readonly none?: unknown;
  /** Takes JSON of any declared type. */
  readonly anyType?: boolean;
  /** Checks it in words of its own. */
  readonly read?: (value: unknown) => T;
}

/** A request to a route, its parameters checked. */
export interface Call<P extends Parameters, Q extends Parameters, H extends Parameters, B> {
  readonly request: Request;
  readonly response: Response;
  readonly server: Server;
  readonly path: Read<P>;
  readonly query: Read<Q>;
  readonly headers: Read<H>;
  /** Collects and checks the body. Throws an {@link HttpProblem} of 400, 413 or 415. */
  readonly body: () => Promise<B>;
  /** Aborts when the caller goes away. */
  readonly signal: AbortSignal;
}

/** One method of one path: all that is to say of it, and what it does. */
export interface Declaration<P extends Parameters, Q extends Parameters, H extends Parameters, B> {
  readonly method: 'get' | 'post' | 'delete';
  /** As OpenAPI writes it: `/api/backups/{run}`. */
  readonly path: string;
  /** Other paths that lead here too. The document says so with the path that it shows. */
  readonly aliases?: readonly string[];
  readonly id: string;
  readonly tag: keyof typeof tags;
  readonly summary: string;
  readonly description?: string;
  readonly inPath?: P;
  readonly query?: Q;
  readonly headers?: H;
  readonly body?: Body<B>;
  /** What is its own of them; what all have in common is added when the document is made. */
  readonly answers: Answers;
  /** Needs no key. */
  readonly open?: boolean;
  /** Needs none on some servers. */
  readonly openOn?: (server: Server) => boolean;
  /** Scopes of which a code of the instance in the path opens it too. */
  readonly codes?: (request: Request) => readonly Scope[];
  /** Starts something, which is what the limit of starts and the backlog are about. */
  readonly starts?: boolean;
  /** A page that Durable Functions does not have: a wrong method is a 405 there, not its empty 404. */
  readonly page?: boolean;
  /** Passes no rate limit. */
  readonly unlimited?: boolean;
  readonly handle: (call: Call<P, Q, H, B>) => unknown;
}

export type Route = Declaration<Parameters, Parameters, Parameters, unknown>;

/** The one place where a route is declared: Express, the checks and the OpenAPI document are made of it. */
export function route<
  P extends Parameters = Parameters,
  Q extends Parameters = Parameters,
  H extends Parameters = Parameters,
  B = never,
>(declared: Declaration<P, Q, H, B>): Route {
  // Whoever calls the handler has read what it declares.
  return declared as unknown as Route;
}

/** Serves a route and its aliases. `limits` are passed before anything else. */
export function mount(app: Express, declared: Route, server: Server, limits: readonly RequestHandler[]): void {
  for (const path of pathsOf(declared)) {
    app[declared.method](expressPath(path), ...limits, (request, response) =>
      answer(declared, server, request, response),
    );
  }
}

/** Refuses the other methods of pages, once all of their routes are mounted. */
export function refuseOthers(app: Express, pages: readonly Route[]): void {
  if (pages.length > 0) app.all(pages.flatMap(pathsOf).map(expressPath), refuseMethod);
}

export function pathsOf({ path, aliases = [] }: Route): string[] {
  return [path, ...aliases];
}

/** Most specific first: a name before a parameter in its place. */
export function inOrderOfMatching(routes: readonly Route[]): Route[] {
  const literal = ({ path }: Route) => (path.includes('{') ? path.indexOf('{') : Infinity);
  return routes.toSorted((a, b) => Math.sign(literal(b) - literal(a)) || 0);
}

function expressPath(path: string): string {
  return path.replaceAll(/\{(\w+)\}/gu, ':$1');
}

async function answer(declared: Route, server: Server, request: Request, response: Response): Promise<void> {
  const { inPath = {}, query = {}, headers = {}, body } = declared;
  checkKey(declared, server, request);
  const path = readPath(inPath, request.params);
  if (declared.codes) addLogFields(response, { instanceId: instanceOf(request) });
  await declared.handle({
    request,
    response,
    server,
    path,
    query: readQuery(query, request.query),
    headers: readHeaders(headers, request),
    body: () => readBody(body, server, request, response),
    signal: goneSignal(response),
  });
}

function checkKey({ open = false, openOn, codes }: Route, server: Server, request: Request): void {
  if (open || openOn?.(server) === true) return;
  const { keys } = server;
  if (codes) keys.check(request, instanceOf(request), codes(request));
  else keys.check(request);
}

function instanceOf({ params }: Request): string {
  return String(params['instanceId']);
}

async function readBody(body: Body<unknown> | undefined, server: Server, request: Request, response: Response) {
  if (!body) throw new Error('a route reads a body that it does not declare');
  const { schema, what, kind, example, most, none, anyType = false, read } = body;
  await collectBody(request, response, typeof most === 'number' ? most : most(server));
  const hint = `send ${kind}, such as ${JSON.stringify(example)}`;
  const value = readJsonBody(request, { hint, anyType }) ?? none;
  return read ? read(value) : readObject(schema, value, what);
}

/** Aborts when the answer's connection closes before its end. */
function goneSignal(response: Response): AbortSignal {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  return gone.signal;
}
