import { z } from 'zod';
import { createDocument, type ZodOpenApiOperationObject } from 'zod-openapi';
import { later, problem, type Answers } from './answers.ts';
import { curlOf } from './curl.ts';
import { pathsOf, tags, type Route } from './route.ts';

/** An OpenAPI 3.1 document. */
type OpenApiDocument = ReturnType<typeof createDocument>;

const intro =
  'The HTTP API of Azure Durable Functions in front of Temporal. A start answers 202 with the address of a status, which answers 202 while the instance runs and 200 once it has ended; with `timeout` and `pollingInterval` it answers 200 as soon as the instance has ended within that time. Paths and the names of query parameters match without case.';

const securitySchemes = {
  key: { type: 'apiKey', in: 'header', name: 'x-functions-key', description: 'The key, which opens everything' },
  code: {
    type: 'apiKey',
    in: 'query',
    name: 'code',
    description: 'The key, or the code of an instance, which opens that instance alone and starts no other',
  },
} as const;

/** Where callers reach the server, and whether it asks for a key. */
interface DocumentOptions {
  readonly origin: string;
  readonly keyed: boolean;
}

/** Describes routes by what serves and checks them. */
export function openApiDocument(routes: readonly Route[], options: DocumentOptions): OpenApiDocument {
  const links = linksOf(routes);
  const paths: Record<string, Record<string, ZodOpenApiOperationObject>> = {};
  for (const route of routes) {
    paths[route.path] = { ...paths[route.path], [route.method]: describe(route, options, links) };
  }
  return createDocument(
    {
      openapi: '3.1.0',
      info: { title: 'durable-backup', version: '1.0.0', description: intro },
      tags: Object.entries(tags).map(([name, description]) => ({ name, description })),
      paths,
      ...(options.keyed && { components: { securitySchemes } }),
    },
    // Inputs and answers alike are described as they are written down.
    { override: ({ jsonSchema }) => portable(jsonSchema), allowEmptySchema: { transform: true } },
  );
}

function describe(route: Route, options: DocumentOptions, links: Links): ZodOpenApiOperationObject {
  const { id, summary, tag, body, open = false } = route;
  const description = descriptionOf(route);
  return {
    operationId: id,
    summary,
    ...(description !== '' && { description }),
    tags: [tag],
    ...(options.keyed && { security: open ? [] : [{ key: [] }, { code: [] }] }),
    requestParams: parametersOf(route),
    ...(body && {
      requestBody: {
        required: body.required ?? false,
        content: { 'application/json': { schema: body.described ?? body.schema, example: body.example } },
      },
    }),
    responses: Object.fromEntries(
      Object.entries({
        400: problem('The request cannot be read'),
        ...route.answers,
        ...alwaysAnswered(route, options.keyed),
      }).map(([status, answer]) => [status, describeAnswer(answer, links)]),
    ) as ZodOpenApiOperationObject['responses'],
    'x-codeSamples': [{ lang: 'Shell', label: 'curl', source: curlOf(route, options) }],
  };
}

function parametersOf({ inPath = {}, query = {}, headers = {} }: Route) {
  return { path: z.object(inPath), query: z.object(query), header: z.object(headers) };
}

function descriptionOf({ method, description = '', ...route }: Route): string {
  const [, ...aliases] = pathsOf({ method, ...route });
  if (aliases.length === 0) return description;
  const also = aliases.map((path) => `\n- \`${method.toUpperCase()} ${path}\``).join('');
  return `${description}${description === '' ? '' : '\n\n'}The same, with \`{instanceId}\` under an id of your own:\n${also}`;
}

/** What the server may answer whatever the operation says. */
function alwaysAnswered({ id, open = false, unlimited = false }: Route, keyed: boolean): Answers {
  return {
    ...(keyed && !open && { 401: problem('No valid key') }),
    ...(!keyed && { 403: problem('It comes from a page of another origin, or under a name of another machine') }),
    ...(!unlimited && { 429: later('Too many requests in a minute, or a start while the workers are behind') }),
    ...(id !== 'health' && { 503: later('Temporal does not answer, or the server is about to end') }),
  };
}

type Links = Readonly<Record<string, { readonly operationId: string; readonly parameters: object }>>;

const idOfAnswer = { instanceId: '$response.body#/id' };

function linksOf(routes: readonly Route[]): Links {
  const onInstance = routes.filter(({ path }) => path.includes('/instances/{instanceId}'));
  return Object.fromEntries(onInstance.map(({ id }) => [id, { operationId: id, parameters: idOfAnswer }]));
}

function describeAnswer(
  { description, schema, type = 'application/json', headers = [], links }: Answers[number],
  all: Links,
) {
  const described = headers.map((name) => [name, { schema: { type: name === 'Retry-After' ? 'integer' : 'string' } }]);
  return {
    description,
    ...(described.length > 0 && { headers: Object.fromEntries(described) as Record<string, object> }),
    ...(schema && { content: { [type]: { schema } } }),
    ...(links === true && { links: all }),
  };
}

type Patterned = { pattern?: string | undefined };

// Few readers of JSON Schema know Unicode's character classes.
function portable(jsonSchema: Patterned & { allOf?: unknown }): void {
  const parts = Array.isArray(jsonSchema.allOf) ? (jsonSchema.allOf as Patterned[]) : [];
  for (const part of [jsonSchema, ...parts]) {
    if (part.pattern === undefined) continue;
    part.pattern = part.pattern
      .replaceAll(String.raw`\P{Cc}`, `[^${controls}]`)
      .replaceAll(String.raw`\p{Cc}`, controls);
  }
}

const controls = String.raw`\x00-\x1f\x7f-\x9f`;
