import { createHash } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { DifferenceRow } from '../../../../src/history/views/compare-runs.ts';
import type { EntryRow } from '../../../../src/history/views/list-entries.ts';
import { differenceRowSchema } from '../../../../src/history/views/compare-runs.ts';
import { entryRowSchema } from '../../../../src/history/views/list-entries.ts';
import { writeTree } from '../../../support/tree.ts';
import { startApi, startWorker, type Api } from '../harness.ts';
import { backUp, blobOf, problemOf, rowsOf } from './rig.ts';

const odd = 'd/naïve "50%" 😀\n.txt';

async function startStocked(): Promise<Api> {
  const api = await startApi();
  await startWorker(api);
  await writeTree(api.root, { 'a.txt': 10, 'd/b.log': 20, 'd/e/c.log': 3000, [odd]: 5 });
  await rm(join(api.root, 'cwd'), { recursive: true, force: true });
  return api;
}

/** Asks about a run. */
function ask(api: Api, path: string, query: Record<string, string> = {}, init: RequestInit = {}): Promise<Response> {
  return fetch(`${api.url}/api/backups/${path}?${new URLSearchParams(query).toString()}`, init);
}

test('what is in a folder of a run is streamed', async () => {
  const api = await startStocked();
  const { runId } = await backUp(api);
  const cases: readonly (readonly [Record<string, string>, readonly string[]])[] = [
    [{}, ['a.txt', 'd']],
    [{ path: 'd' }, ['d/b.log', 'd/e', odd]],
    [{ path: 'd/e', root: api.root }, ['d/e/c.log']],
    [{ path: 'd', recursive: 'true' }, ['d/b.log', 'd/e', 'd/e/c.log', odd]],
    [{ pattern: '*.log' }, ['d/b.log', 'd/e/c.log']],
    [{ path: odd }, [odd]],
  ];
  for (const [query, paths] of cases) {
    const answer = await ask(api, `${runId}/entries`, query);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'application/x-ndjson']);
    const rows = await rowsOf<EntryRow>(answer);
    expect(rows.map(({ path }) => path)).toEqual(paths);
    for (const row of rows) expect(entryRowSchema.safeParse(row).error).toBeUndefined();
  }
});

test('how two runs differ is streamed', async () => {
  const api = await startStocked();
  const before = await backUp(api);
  await writeFile(join(api.root, 'd/b.log'), 'changed');
  await rm(join(api.root, 'a.txt'));
  await backUp(api);
  const rows = await rowsOf<DifferenceRow>(await ask(api, `${before.runId}/diff/latest`));
  expect(rows.map(({ change, path }) => `${change} ${path}`)).toEqual(['removed a.txt', 'content d/b.log']);
  for (const row of rows) expect(differenceRowSchema.safeParse(row).error).toBeUndefined();
  const same = await ask(api, `latest/diff/latest`);
  expect([same.status, await same.text()]).toEqual([200, '']);
});

test('the content of a file comes with its size, its hash and its name', async () => {
  const api = await startStocked();
  await backUp(api);
  const bytes = await readFile(join(api.root, 'd/e/c.log'));
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  for (const method of ['GET', 'HEAD']) {
    const answer = await ask(api, 'latest/content', { path: 'd/e/c.log' }, { method });
    expect(answer.status).toBe(200);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-length': '3000',
      'content-type': 'application/octet-stream',
      'content-disposition': 'attachment; filename="c.log"',
      etag: `"${sha256}"`,
      'x-content-type-options': 'nosniff',
    });
    const body = Buffer.from(await answer.arrayBuffer());
    expect(body.equals(method === 'GET' ? bytes : Buffer.alloc(0))).toBe(true);
  }
  const other = await ask(api, 'latest/content', { path: odd });
  expect(other.headers.get('content-disposition')).toBe(
    `attachment; filename="na_ve _50__ __.txt"; filename*=UTF-8''na%C3%AFve%20%2250%25%22%20%F0%9F%98%80%0A.txt`,
  );
  expect((await other.arrayBuffer()).byteLength).toBe(5);
});

test('what cannot be shown is a problem that says why', async () => {
  const api = await startStocked();
  const { runId } = await backUp(api);
  const cases: readonly (readonly [string, Record<string, string>, number, string])[] = [
    ['latest/entries', { path: 'd/x/y' }, 404, '"d", the nearest folder'],
    ['latest/entries', { path: '../etc' }, 400, 'path: '],
    ['latest/entries', { pattern: '/../x' }, 400, 'pattern: '],
    ['latest/entries', { pattern: `${'{a,b}'.repeat(9)}${'x'.repeat(5000)}` }, 400, 'pattern: '],
    ['latest/entries', { pattern: '{a,b}'.repeat(40) }, 400, 'stands for more than 1000 globs'],
    ['latest/entries', { root: '/elsewhere' }, 404, '/elsewhere'],
    ['latest/diff/nonsense', {}, 404, 'nonsense'],
    ['latest/diff/20200101T000000Z-00000000', {}, 404, runId],
    ['latest/content', {}, 400, 'path: name the file'],
    ['latest/content', { path: 'd' }, 400, 'a directory'],
    ['latest/content', { path: 'none' }, 404, 'list what is in its root'],
  ];
  for (const [path, query, status, says] of cases) {
    const problem = await problemOf(await ask(api, path, query));
    expect([path, query, problem]).toEqual([path, query, { status, detail: expect.stringContaining(says) }]);
  }
});

test('damaged content is a 502 where none of it was sent, and a broken connection where some was', async () => {
  const api = await startStocked();
  const large = 20 * 1024 * 1024;
  await writeTree(api.root, { large });
  await backUp(api);
  for (const name of ['a.txt', 'large']) {
    const blob = blobOf(api, `${api.root.slice(1)}/${name}`);
    const { metadata = {}, contentLength = 0 } = await blob.getProperties();
    await blob.upload(Buffer.alloc(contentLength), contentLength, { metadata });
  }
  const small = await problemOf(await ask(api, 'latest/content', { path: 'a.txt' }));
  expect(small).toEqual({ status: 502, detail: expect.stringContaining('corrupt in storage') });
  const broken = await ask(api, 'latest/content', { path: 'large' });
  expect([broken.status, broken.headers.get('content-length')]).toEqual([200, String(large)]);
  await expect(broken.arrayBuffer()).rejects.toThrow('terminated');
});

test('looking into runs needs the key', async () => {
  const api = await startApi({ apiKey: 'k3y-of-4711-0815' });
  for (const path of ['latest/entries', 'latest/diff/latest', 'latest/content']) {
    expect((await ask(api, path)).status).toBe(401);
    expect((await ask(api, path, { code: 'k3y-of-4711-0815', path: 'a' })).status).toBe(404);
  }
});
