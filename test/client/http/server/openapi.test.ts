import { Validator } from '@seriousme/openapi-schema-validator';
import { expect, test } from 'vitest';
import { openApiDocument } from '../../../../src/client/http/document.ts';
import { statusBodySchema } from '../../../../src/client/http/instances/status.ts';
import { pathsOf } from '../../../../src/client/http/route.ts';
import { routes } from '../../../../src/client/http/routes.ts';
import { operationsOf, type OpenApiFile } from '../../../support/openapi-file.ts';
import { locationOf, postJson, startPath } from '../harness.ts';
import { startEdgeApi, type EdgeApi } from './edge-api.ts';

const document = openApiDocument(routes, { origin: 'http://localhost', keyed: true }) as unknown as OpenApiFile;
const operations = operationsOf(document);

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
    const inPath = (operation.parameters ?? []).filter((parameter) => parameter.in === 'path').map(({ name }) => name);
    expect(inPath).toEqual([...path.matchAll(/\{(\w+)\}/gu)].map(([, name]) => name));
  }
  const references = [...JSON.stringify(document).matchAll(/"#\/components\/schemas\/(\w+)"/gu)].map(
    ([, name]) => name,
  );
  expect(Object.keys(document.components.schemas).filter((name) => !references.includes(name))).toEqual([]);
  expect(references.filter((name) => !(String(name) in document.components.schemas))).toEqual([]);
});

test('every route is in the document once, and its other paths are in its description', () => {
  expect(operations.map(({ method, path }) => `${method} ${path}`).toSorted()).toEqual(
    routes.map(({ method, path }) => `${method.toUpperCase()} ${path}`).toSorted(),
  );
  for (const route of routes) {
    const { description = '' } = document.paths[route.path]?.[route.method] ?? {};
    const [, ...aliases] = pathsOf(route);
    for (const alias of aliases) expect(description).toContain(`\`${route.method.toUpperCase()} ${alias}\``);
  }
});

test('backups come first, the server itself last, and every operation is in a group that is told of', () => {
  const groups = document.tags.map(({ name }) => name);
  expect([groups[0], groups.at(-1)]).toEqual(['Backups', 'Server']);
  expect([...new Set(operations.flatMap(({ operation }) => operation.tags))].toSorted()).toEqual(groups.toSorted());
  expect(document.paths['/api/backups/forget']?.['post']?.tags).toEqual(['Retention']);
});

async function ask(api: EdgeApi, method: string, path: string) {
  const url = `${api.url}${path.replaceAll(/\{\w+\}/gu, 'none')}`;
  return fetch(url, { method, redirect: 'manual' });
}

test('every path of every route is served, and needs the key where the document says so', async () => {
  const api = await startEdgeApi({ API_KEY: 'the-master-key-1' });
  for (const route of routes) {
    const operation = document.paths[route.path]?.[route.method];
    for (const path of pathsOf(route)) {
      const { status } = await ask(api, route.method.toUpperCase(), path);
      const open = operation?.security?.length === 0;
      const expected = open ? (route.id === 'root' ? 302 : route.id === 'docsFile' ? 404 : 200) : 401;
      expect([route.method, path, status]).toEqual([route.method, path, expected]);
    }
  }
});

/** Sends what a command of curl says; what has to be filled in is filled in somehow. */
async function send(method: string, command: string) {
  const [, url = ''] = /"(http[^"]*)"/u.exec(command) ?? [];
  const [, body] = / -d '(.*)'$/u.exec(command) ?? [];
  const sent = body === undefined ? {} : { body, headers: { 'Content-Type': 'application/json' } };
  const response = await fetch(url.replaceAll(/\$[A-Z_]+/gu, 'none'), { method, redirect: 'manual', ...sent });
  return { status: response.status, text: await response.text() };
}

test('every example of curl is a request that can be read', async () => {
  const api = await startEdgeApi();
  const served = (await (await fetch(`${api.url}/openapi.json`)).json()) as OpenApiFile;
  // What it names need not be there, or not be allowed here.
  const others = /BACKUP_ROOTS|InstanceId does not match|is not an id of a run/u;
  for (const { method, path, operation } of operationsOf(served)) {
    const [sample] = operation['x-codeSamples'];
    expect(sample).toMatchObject({ label: 'curl', source: expect.stringContaining(`"${api.url}`) });
    const { status, text } = await send(method, sample?.source ?? '');
    const isUnread = [400, 405, 415].includes(status) && !others.test(text);
    expect({ path, status, text, isUnread }).toMatchObject({ isUnread: false });
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

test('the page has all its parts from the server itself, and its policy allows nothing else and no code in it', async () => {
  const api = await startEdgeApi({ API_KEY: 'the-master-key-1' });
  const leads = await fetch(`${api.url}/`);
  expect([leads.redirected, leads.url]).toEqual([true, `${api.url}/docs`]);
  const policy = leads.headers.get('content-security-policy') ?? '';
  expect(policy).toContain("default-src 'none'");
  expect(policy).not.toMatch(/unsafe|https?:|\*|blob:/u);
  const html = await leads.text();
  const parts = [...html.matchAll(/ (?:src|href)="(docs\/[^"]+)"/gu)].map(([, part]) => `${api.url}/${part}`);
  expect(parts).toHaveLength(3);
  for (const part of parts) {
    const response = await fetch(part);
    expect([part, response.status, (await response.text()).length > 100]).toEqual([part, 200, true]);
  }
  expect(html).not.toMatch(/https?:|<script>|<style| on\w+=| style=/u);
  expect((await fetch(`${api.url}/docs/package.json`)).status).toBe(404);
  expect((await fetch(`${api.url}/docs/`)).url).toBe(`${api.url}/docs`);
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
