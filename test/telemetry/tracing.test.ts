import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { writeTree } from '../support/tree.ts';
import { connect } from '../support/workflow-harness.ts';
import { backUp, startProcesses } from './processes.ts';

interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly attributes: readonly { readonly key: string; readonly value: { readonly stringValue?: string } }[];
}

function readSpans(file: string): Span[] {
  const lines = readFileSync(file, 'utf8').trim().split('\n');
  return lines.flatMap((line) => {
    const { resourceSpans } = JSON.parse(line) as { resourceSpans: { scopeSpans: { spans: Span[] }[] }[] };
    return resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans));
  });
}

/** The names of a span and of those above it, from the top. */
function pathOf(span: Span, all: ReadonlyMap<string, Span>): string[] {
  const parent = all.get(span.parentSpanId ?? '');
  return [...(parent ? pathOf(parent, all) : []), span.name];
}

test('one trace leads from the caller over HTTP, workflow and activity to each request to storage', async () => {
  const { api, root, traceFile, stop } = await startProcesses({ tracing: true });
  await writeTree(root, { 'a.txt': 1000, 'b/c.txt': 200 });
  const traceId = '0af7651916cd43dd8448eb211c80319c';
  const caller = 'b7ad6b7169203331';
  expect(await backUp(api, root, { traceparent: `00-${traceId}-${caller}-01` })).toBe('Completed');
  await stop();

  const spans = readSpans(traceFile).filter((span) => span.traceId === traceId);
  const byId = new Map(spans.map((span) => [span.spanId, span]));
  // Every span but the first has its parent in the trace.
  const tops = spans.filter(({ parentSpanId = '' }) => !byId.has(parentSpanId));
  expect(tops.map(({ name, parentSpanId }) => ({ name, parentSpanId }))).toEqual([
    { name: 'POST /api/backups', parentSpanId: caller },
  ]);
  const paths = new Set(spans.map((span) => pathOf(span, byId).join(' > ')));
  const above = 'POST /api/backups > start backup > workflow backup';
  expect([...paths]).toEqual(
    expect.arrayContaining([
      `${above} > activity openRun > storage list`,
      `${above} > activity listFiles > storage write`,
      `${above} > activity copyFile > storage write`,
      `${above} > activity sealPage > storage write`,
      `${above} > activity commitRun > storage write`,
    ]),
  );
  const copied = spans.flatMap(({ name, attributes }) =>
    name === 'storage write' ? attributes.filter(({ key }) => key === 'durable_backup.action') : [],
  );
  const actions = copied.map(({ value }) => value.stringValue);
  expect(actions.filter((action) => action?.endsWith('/a.txt'))).toHaveLength(1);
});

test('a run that was started without a trace has one of its own', async () => {
  const { taskQueue, root, traceFile, stop } = await startProcesses({ tracing: true });
  await writeTree(root, { 'a.txt': 10 });
  const { client, close } = await connect();
  onTestFinished(close);
  const handle = await client.workflow.start('backup', { taskQueue, workflowId: randomUUID(), args: [{ root }] });
  await handle.result();
  await stop();
  const traceId = handle.firstExecutionRunId.replaceAll('-', '');
  const spans = readSpans(traceFile).filter((span) => span.traceId === traceId);
  const byId = new Map(spans.map((span) => [span.spanId, span]));
  expect(spans.filter(({ parentSpanId = '' }) => !byId.has(parentSpanId)).map(({ name }) => name)).toEqual([
    'workflow backup',
  ]);
  expect(spans.map((span) => pathOf(span, byId).join(' > '))).toContain(
    'workflow backup > activity copyFile > storage write',
  );
});

test('what a caller does not want traced is not traced', async () => {
  const { api, root, traceFile, stop } = await startProcesses({ tracing: true });
  await writeTree(root, { 'a.txt': 10 });
  const traceId = '0af7651916cd43dd8448eb211c80319d';
  expect(await backUp(api, root, { traceparent: `00-${traceId}-b7ad6b7169203332-00` })).toBe('Completed');
  await stop();
  // What asked for the status was traced.
  expect(readSpans(traceFile).map((span) => span.traceId)).not.toContain(traceId);
});

test('a collector gets the same by OTLP', async () => {
  const received: string[] = [];
  const collector = createServer((request, response) => {
    request.on('data', (chunk) => received.push(String(chunk)));
    request.on('end', () => response.setHeader('Content-Type', 'application/json').end('{}'));
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void collector.close());
  await once(collector, 'listening');
  const { port } = collector.address() as AddressInfo;
  const { api, root, stop } = await startProcesses({
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`, OTEL_RESOURCE_ATTRIBUTES: 'host.name=web-1' },
  });
  await writeTree(root, { 'a.txt': 10 });
  expect(await backUp(api, root)).toBe('Completed');
  await stop();
  const text = received.join('');
  for (const name of ['POST /api/backups', 'workflow backup', 'activity copyFile', 'storage write', 'web-1'])
    expect(text).toContain(JSON.stringify(name));
});

test('nothing is traced unless it is asked for', async () => {
  const { api, root, traceFile, stop } = await startProcesses();
  await writeTree(root, { 'a.txt': 10 });
  expect(await backUp(api, root)).toBe('Completed');
  await stop();
  expect(existsSync(traceFile)).toBe(false);
});
