import { expect, test } from 'vitest';
import { locationOf, postJson, startPath } from '../harness.ts';
import { closedAddress } from '../../cli/command.ts';
import { startEdgeApi, type EdgeApi } from './edge-api.ts';

interface Line {
  readonly level: number;
  readonly msg: string;
  readonly requestId?: string;
  readonly req?: { method: string; path: string };
  readonly res?: { status: number };
}

const linesOf = ({ logged }: EdgeApi) => logged.map((line) => JSON.parse(line) as Line);

test('keys and codes are never logged, wherever they stand', async () => {
  const api = await startEdgeApi({ API_KEY: 'KirschbaumAmHaus,ApfelbaumAmTeich' });
  const started = await postJson(`${api.url}${startPath}`, '""', { 'x-functions-key': 'KirschbaumAmHaus' });
  const location = locationOf(started);
  const code = new URL(location).searchParams.get('code') ?? '';
  expect(code).toMatch(/^[\w-]{43}$/u);
  const query =
    'Code=ApfelbaumAmTeich&%63ode=KirschbaumAmHaus&code=wrong-Zwetschge&code[x]=KirschbaumAmHaus&x-functions-key=ApfelbaumAmTeich';
  await fetch(location);
  await fetch(`${location}&showInput=false`);
  await fetch(`${location.split('?')[0]}?${query}`, { headers: { Authorization: 'Bearer KirschbaumAmHaus' } });
  await postJson(`${api.url}${startPath}?code=ApfelbaumAmTeich`, 'not JSON');
  await fetch(`${api.url}/nowhere?a=1?code=KirschbaumAmHaus&KirschbaumAmHaus&showInput=false?code=KirschbaumAmHaus`);
  await fetch(`${api.url}/%ZZ?code=KirschbaumAmHaus`);
  const all = api.logged.join('');
  expect(linesOf(api)).toHaveLength(7);
  expect(all).toContain('showInput=false');
  for (const secret of ['KirschbaumAmHaus', 'ApfelbaumAmTeich', 'Zwetschge', code]) expect(all).not.toContain(secret);
});

test('nor are they when a request fails', async () => {
  const api = await startEdgeApi({ API_KEY: 'KirschbaumAmHaus' }, closedAddress);
  const answer = await postJson(`${api.url}${startPath}?code=KirschbaumAmHaus`, '""', {
    'x-functions-key': 'KirschbaumAmHaus',
  });
  expect(answer.status).toBe(503);
  const errors = linesOf(api).filter(({ level }) => level >= 50);
  expect(errors).toHaveLength(1);
  expect(errors[0]?.requestId).toBe(answer.headers.get('x-request-id'));
  expect(api.logged.join('')).not.toContain('KirschbaumAmHaus');
});

test('each request is one line with its id, probes at debug', async () => {
  const api = await startEdgeApi();
  const response = await fetch(`${api.url}/runtime/webhooks/durabletask/instances/none?showInput=true`);
  await fetch(`${api.url}/healthz`);
  await fetch(`${api.url}/readyz?x=1`);
  const [line, ...probes] = linesOf(api);
  expect(line).toMatchObject({
    level: 30,
    instanceId: 'none',
    requestId: response.headers.get('x-request-id'),
    req: { method: 'GET', path: '/runtime/webhooks/durabletask/instances/none?showInput=true' },
    res: { status: 404 },
  });
  expect(probes.map(({ level }) => level)).toEqual([20, 20]);
});

test.each(['a', 'b7c1.x:y_z-0', 'x'.repeat(128)])('the X-Request-Id %s is kept', async (id) => {
  const api = await startEdgeApi();
  const response = await fetch(`${api.url}/`, { headers: { 'X-Request-Id': id } });
  expect(response.headers.get('x-request-id')).toBe(id);
  expect(linesOf(api)[0]?.requestId).toBe(id);
});

test.each(['', 'a b', 'x'.repeat(129), '<b>', '{"level":60}', 'é'])('the X-Request-Id %j is replaced', async (id) => {
  const api = await startEdgeApi();
  const response = await fetch(`${api.url}/`, { headers: { 'X-Request-Id': id } });
  expect(response.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/u);
});
