import type { OpenApiDocument } from '../../src/client/http/openapi/document.ts';

/**
 * The starts of a document, for Schemathesis's coverage phase: it sends no `Idempotency-Key` in quotes, so that with that parameter
 * each start is refused for it and nothing else of it is tried. Without a longest batch too: one of every sort takes the server minutes.
 */
export function plainStarts(document: OpenApiDocument): OpenApiDocument {
  const { OrderBatch: { maxItems: _, ...orderBatch } = {}, ...schemas } = document.components.schemas;
  const paths = mapValues(document.paths, (methods) =>
    mapValues(methods, (operation) => ({
      ...operation,
      parameters: operation.parameters.filter(({ name }) => name !== 'Idempotency-Key'),
    })),
  );
  const starts = Object.entries(paths).filter(([, { post }]) => post?.tags.includes('Start') === true);
  return {
    ...document,
    paths: Object.fromEntries(starts),
    components: { ...document.components, schemas: { ...schemas, OrderBatch: orderBatch } },
  };
}

function mapValues<T, U>(record: Readonly<Record<string, T>>, map: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, map(value)]));
}
