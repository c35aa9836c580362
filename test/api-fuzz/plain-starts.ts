import type { OpenApiFile, Operation } from '../support/openapi-file.ts';

const idempotencyKey = 'Idempotency-Key';

/**
 * The starts of a document, for Schemathesis's coverage phase: it sends no `Idempotency-Key` in quotes, so that with that parameter
 * each start is refused for it and nothing else of it is tried. Without a longest batch too: one of every sort takes the server minutes.
 */
export function plainStarts(document: OpenApiFile): OpenApiFile {
  const { OrderBatch: { maxItems: _, ...orderBatch } = {}, ...schemas } = document.components.schemas;
  const starts = Object.entries(document.paths).flatMap(([path, { post }]) =>
    post && isStart(post) ? [[path, post] as const] : [],
  );
  return {
    ...document,
    paths: Object.fromEntries(starts.map(([path, post]) => [path, { post: withoutKey(post) }])),
    components: { ...document.components, schemas: { ...schemas, OrderBatch: orderBatch } },
  };
}

function isStart({ parameters = [] }: Operation): boolean {
  return parameters.some(({ name }) => name === idempotencyKey);
}

function withoutKey(operation: Operation): Operation {
  return { ...operation, parameters: operation.parameters?.filter(({ name }) => name !== idempotencyKey) ?? [] };
}
