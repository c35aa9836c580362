import { Validator } from '@seriousme/openapi-schema-validator';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { createApp } from '../../../../src/client/http/app.ts';
import { openApiDocument } from '../../../../src/client/http/openapi/document.ts';
import { statusBodySchema } from '../../../../src/client/http/schemas/answers.ts';
import { locationOf, postJson, startPath } from '../harness.ts';
import { startEdgeApi, type EdgeApi } from './edge-api.ts';
import { mountedRoutes } from './mounted-routes.ts';

const document = openApiDocument({ keyed: true });
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
);

test('the document is valid OpenAPI 3.1', async () => {
  const validator = new Validator();
  const served = (await (await fetch(`${(await startEdgeApi()).url}/openapi.json`)).json()) as object;
  for (const candidate of [document, served]) {
    expect(await validator.validate({ ...candidate })).toEqual({ valid: true });
    expect(validator.version).toBe('3.1');
  }
});

test('every operation has an id of its own, names its path parameters, and refers to schemas that exist', () => {
  const ids = operations.map(({ operation }) => operation.operationId);
  expect(new Set(ids).size).toBe(ids.length);
  for (const { path, operation } of operations) {
    const inPath = operation.parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name);
    expect(inPath).toEqual([...path.matchAll(/\{(\w+)\}/gu)].map(([, name]) => name));
  }
  const references = [...JSON.stringify(document).matchAll(/"#\/components\/schemas\/(\w+)"/gu)].map(
    ([, name]) => name,
  );
  expect(Object.keys(document.components.schemas).filter((name) => !references.includes(name))).toEqual([]);
  expect(references.filter((name) => !(String(name) in document.components.schemas))).toEqual([]);
});

test('every route that is mounted is in the document', async () => {
  const api = await startEdgeApi();
  const metrics = { text: () => Promise.resolve(''), open: false };
  const log = pino({ level: 'silent' });
  const deps = { jobs: api.jobs, log, metrics, taskHub: 'x', backupRoots: [], maxBatchBytes: 1000 };
  const app = createApp(deps, {
    rateLimits: { requests: 0, starts: 0 },
    maxBacklog: 0,
    draining: new AbortController().signal,
  });
  const mounted = mountedRoutes(app);
  expect(mounted.length).toBeGreaterThan(12);
  const described = operations.map(({ method, path }) => `${method} ${path.replaceAll(/\{\w+\}/gu, ':')}`);
  const missing = mounted.filter(
    (route) => !described.some((known) => known === route || sameButForTheName(known, route)),
  );
  expect(missing).toEqual([]);
});

// The document has one path for each orchestrator, the router one for all.
function sameButForTheName(known: string, route: string): boolean {
  const [, beginning = '', rest = ''] = /^(.*\/orchestrators\/)[^/]+(.*)$/u.exec(known) ?? [];
  return route === `${beginning}:${rest}`;
}

async function ask(api: EdgeApi, method: string, path: string, headers: Record<string, string> = {}) {
  const url = `${api.url}${path.replaceAll(/\{\w+\}/gu, 'none')}`;
  return fetch(url, { method, headers });
}

test('every operation of the document is served, and needs the key where the document says so', async () => {
  const api = await startEdgeApi({ API_KEY: 'the-master-key-1' });
  for (const { method, path, operation } of operations) {
    const { status } = await ask(api, method, path);
    const open = operation.security?.length === 0;
    expect([method, path, status]).toEqual([method, path, open ? 200 : 401]);
  }
});

test('what it says of answers holds for those to a start and a poll', async () => {
  const api = await startEdgeApi();
  const started = await postJson(`${api.url}${startPath}`, JSON.stringify(api.root));
  const { ManagementUris, Status, Problem } = document.components.schemas;
  const refused = (await (await fetch(`${api.url}/orchestrators/unknown`, { method: 'POST' })).json()) as object;
  expect(Object.keys(refused)).toEqual(Problem?.['required']);
  expect(Object.keys(ManagementUris?.['properties'] ?? {})).toEqual(Object.keys((await started.json()) as object));
  const status = (await (await fetch(locationOf(started))).json()) as object;
  expect(statusBodySchema.safeParse(status).success).toBe(true);
  expect(Status).toMatchObject({ required: expect.arrayContaining(Object.keys(status)) });
});

test('schemas come from those that check requests', () => {
  const { OrderBatch } = document.components.schemas;
  expect(OrderBatch).toMatchObject({
    type: 'array',
    maxItems: 10_000,
    items: { properties: { sku: { minLength: 1 }, quantity: { type: 'integer' } }, required: ['sku', 'quantity'] },
  });
  // Patterns must be readable where Unicode's classes are unknown.
  expect(JSON.stringify(document)).not.toMatch(/\\\\p\{/iu);
});

test('without a key the document asks for none', async () => {
  const api = await startEdgeApi();
  expect(await (await fetch(`${api.url}/openapi.json`)).text()).not.toContain('security');
});

test('the page shows every operation, needs nothing from elsewhere, and its style is allowed by its policy', async () => {
  const api = await startEdgeApi();
  const response = await fetch(`${api.url}/docs`);
  expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
  const html = await response.text();
  for (const { path, operation } of operations) {
    expect(html).toContain(`<code>${path}</code>`);
    expect(html).toContain(`id="${operation.operationId}"`);
  }
  expect(html).not.toMatch(/<script|<img|<link|https?:\/\/|url\(|@import| on\w+=| style=/u);
  const style = /<style>(.*)<\/style>/su.exec(html)?.[1] ?? '';
  const hash = Buffer.from(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(style))).toString('base64');
  expect(response.headers.get('content-security-policy')).toContain(`style-src 'sha256-${hash}'`);
  const ids = new Set([...html.matchAll(/ id="([^"]+)"/gu)].map(([, id]) => id));
  expect([...html.matchAll(/href="#([^"]+)"/gu)].filter(([, id]) => !ids.has(id))).toEqual([]);
});

test('answers carry headers that keep browsers from doing anything with them', async () => {
  const api = await startEdgeApi();
  for (const path of ['/healthz', '/nowhere', '/docs', '/runtime/webhooks/durabletask/instances/none']) {
    const { headers } = await fetch(`${api.url}${path}`);
    expect(Object.fromEntries(headers)).toMatchObject({
      'cache-control': 'no-store',
      'content-security-policy': expect.stringContaining("default-src 'none'"),
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
    });
    expect(headers.get('strict-transport-security')).toBeNull();
    expect(headers.get('x-powered-by')).toBeNull();
  }
});
