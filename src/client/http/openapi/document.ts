import type { z } from 'zod';
import { instanceOperations } from './instance-operations.ts';
import { problem, type Answer, type Operation, type Parameter } from './operation.ts';
import { operations } from './operations.ts';
import { componentSchemas, toJsonSchema, type JsonSchema, type SchemaName } from './schemas.ts';

/** An OpenAPI 3.1 document, as far as this project uses one. */
export interface OpenApiDocument {
  readonly openapi: '3.1.0';
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, DescribedOperation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, JsonSchema>> };
}

export interface DescribedOperation {
  readonly operationId: string;
  readonly summary: string;
  readonly tags: readonly string[];
  readonly security?: readonly Readonly<Record<string, readonly string[]>>[];
  readonly parameters: readonly DescribedParameter[];
  readonly requestBody?: { readonly required: boolean; readonly content: Content };
  readonly responses: Readonly<Record<string, DescribedAnswer>>;
}

export interface DescribedParameter extends Omit<Parameter, 'schema'> {
  readonly required: boolean;
  readonly description?: string;
  readonly schema: JsonSchema;
}

export interface DescribedAnswer {
  readonly description: string;
  readonly headers?: Readonly<Record<string, { readonly schema: JsonSchema }>>;
  readonly content?: Content;
  readonly links?: Readonly<Record<string, unknown>>;
}

type Content = Readonly<Record<string, { readonly schema: { readonly $ref: string } }>>;

const intro =
  'The HTTP API of Azure Durable Functions in front of Temporal. A start answers 202 with the address of a status, which answers 202 while the instance runs and 200 once it has ended. Paths and the names of query parameters match without case.';

const securitySchemes = {
  key: { type: 'apiKey', in: 'header', name: 'x-functions-key', description: 'The key, which opens everything' },
  code: {
    type: 'apiKey',
    in: 'query',
    name: 'code',
    description: 'The key, or the code of an instance, which opens that instance alone and starts no other',
  },
};

/** Describes every route by the schemas that check requests. `keyed`: whether the server asks for a key. */
export function openApiDocument({ keyed }: { keyed: boolean }): OpenApiDocument {
  const paths: Record<string, Record<string, DescribedOperation>> = {};
  for (const operation of operations) {
    paths[operation.path] = { ...paths[operation.path], [operation.method]: describe(operation, keyed) };
  }
  return {
    openapi: '3.1.0',
    info: { title: 'durable-backup', version: '1.0.0', description: intro },
    paths,
    components: { schemas: componentSchemas(), ...(keyed && { securitySchemes }) },
  };
}

function describe(operation: Operation, keyed: boolean): DescribedOperation {
  const { id, summary, tag, parameters = [], body, open = false, answers } = operation;
  return {
    operationId: id,
    summary,
    tags: [tag],
    ...(keyed && { security: open ? [] : [{ key: [] }, { code: [] }] }),
    parameters: parameters.map(describeParameter),
    ...(body && { requestBody: { required: body.required, content: content(body.schema) } }),
    responses: Object.fromEntries(
      Object.entries({
        400: problem('The request cannot be read'),
        ...answers,
        ...alwaysAnswered(operation, keyed),
      }).map(([status, answer]) => [status, describeAnswer(answer)]),
    ),
  };
}

/** What the server may answer whatever the operation says. */
function alwaysAnswered({ path, open = false }: Operation, keyed: boolean): Readonly<Record<number, Answer>> {
  return {
    ...(keyed && !open && { 401: problem('No valid key') }),
    ...(!keyed && { 403: problem('It comes from a page of another origin, or under a name of another machine') }),
    ...(!/^\/(?:healthz|readyz)$/u.test(path) && {
      429: later('Too many requests in a minute, or a start while the workers are behind'),
    }),
    ...(path !== '/healthz' && { 503: later('Temporal does not answer, or the server is about to end') }),
  };
}

function later(description: string): Answer {
  return { ...problem(description), headers: ['Retry-After'] };
}

function describeParameter({ name, in: place, schema }: Parameter): DescribedParameter {
  const { description, ...shape } = toJsonSchema(schema) as JsonSchema & { description?: string };
  return {
    name,
    in: place,
    required: isRequired(schema),
    ...(description !== undefined && { description }),
    schema: shape,
  };
}

function isRequired(schema: z.ZodType): boolean {
  return !schema.safeParse(undefined).success;
}

const headerSchemas: Readonly<Record<string, JsonSchema>> = { 'Retry-After': { type: 'integer' } };

const idOfAnswer = { instanceId: '$response.body#/id' };
const linked = Object.fromEntries(
  instanceOperations
    .filter(({ path }) => path.includes('{instanceId}'))
    .map(({ id }) => [id, { operationId: id, parameters: idOfAnswer }]),
);

function describeAnswer({ description, schema, type, headers = [], links = false }: Answer): DescribedAnswer {
  const described = headers.map((name) => [name, { schema: headerSchemas[name] ?? { type: 'string' } }]);
  return {
    description,
    ...(described.length > 0 && { headers: Object.fromEntries(described) as DescribedAnswer['headers'] & {} }),
    ...(schema && { content: content(schema, type) }),
    ...(links && { links: linked }),
  };
}

function content(schema: SchemaName, type = 'application/json'): Content {
  return { [type]: { schema: { $ref: `#/components/schemas/${schema}` } } };
}
