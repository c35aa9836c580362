import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { ScheduleInfo } from '../../../../src/client/schedules/schedule-info.ts';
import { scheduleId } from '../../../../src/contracts/scheduled.ts';
import { temporaryDirectory, writeTree } from '../../../support/tree.ts';
import { locationOf, startApi, startWorker, untilEnded } from '../harness.ts';
import { problemOf } from './rig.ts';

/** The API with a sources file that names one source. */
async function startWithSource() {
  const sourcesFile = join(await temporaryDirectory(), 'sources.yaml');
  const api = await startApi({ sourcesFile });
  const name = `photos-${randomUUID().slice(0, 8)}`;
  const describe = (cron: string) =>
    writeFile(sourcesFile, `sources:\n  ${name}:\n    root: ${api.root}\n    schedule: { cron: '${cron}' }\n`);
  await describe('0 2 * * *');
  onTestFinished(() =>
    api.client.schedule
      .getHandle(scheduleId(name))
      .delete()
      .catch(() => undefined),
  );
  const at = `${api.url}/api/backups/schedules`;
  const post = (path: string, body?: object) =>
    fetch(`${at}${path}`, {
      method: 'POST',
      ...(body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
  const get = async <T>(path = ''): Promise<T> => (await (await fetch(`${at}${path}`)).json()) as T;
  return { api, name, describe, at, post, get };
}

test('the file is applied, and what it made is listed, paused, resumed and triggered', async () => {
  const { api, name, describe, post, get } = await startWithSource();
  await startWorker(api);
  await writeTree(api.root, { 'a.txt': 10 });

  for (const unclear of ['1', 'yes', '']) {
    const refused = await problemOf(await post(`/apply?dryRun=${unclear}`));
    expect(refused).toMatchObject({ status: 400, detail: 'dryRun must be true or false' });
  }
  expect(await problemOf(await post('/apply', { dry: true }))).toMatchObject({
    status: 400,
    detail: expect.stringMatching(/"dry" is not known; there is dryRun$/u) as string,
  });
  expect(await (await post('/apply', { dryRun: true })).json()).toMatchObject([{ change: 'created' }]);
  const dry = await post('/apply?dryRun=true');
  expect([dry.status, await dry.json()]).toEqual([200, [{ source: name, what: 'schedule', change: 'created' }]]);
  expect((await fetch(`${api.url}/api/backups/schedules/${name}`)).status).toBe(404);
  expect(await (await post('/apply')).json()).toEqual([{ source: name, what: 'schedule', change: 'created' }]);
  await describe('30 2 * * *');
  expect(await (await post('/apply')).json()).toEqual([
    { source: name, what: 'schedule', change: 'updated', differences: ['time'] },
  ]);

  const info = await get<ScheduleInfo>(`/${name}`);
  expect(info).toMatchObject({ source: name, when: '30 2 * * *', timeZone: 'UTC', paused: false, started: 0 });
  expect(await get(`/${name}/next`)).toEqual(info.next);
  expect(info.next[0]).toMatch(/T02:30:00/u);
  await expect.poll(() => get<ScheduleInfo[]>()).toEqual([info]);

  const paused = await post(`/${name}/pause?reason=moving%20house`);
  expect([paused.status, await paused.json()]).toMatchObject([200, { paused: true, note: 'moving house', next: [] }]);
  expect(await get(`/${name}/next`)).toEqual([]);
  expect(await (await post(`/${name}/resume`)).json()).toMatchObject({ paused: false, next: info.next });
  const blank = await post(`/${name}/pause?reason=`);
  expect(await blank.json()).toMatchObject({ paused: true, note: 'Paused over HTTP' });
  await post(`/${name}/resume`);

  const triggered = await post(`/${name}/trigger`);
  expect(triggered.status).toBe(202);
  const { body } = await untilEnded(locationOf(triggered));
  expect(body).toMatchObject({ name: 'scheduledBackup', runtimeStatus: 'Completed', customStatus: { phase: 'done' } });
  expect(body.output).toMatchObject({ source: name, backup: { outcome: 'complete', files: 1 }, steps: [] });
  const backup = (body.output as { backup: { instanceId: string } }).backup.instanceId;
  expect(await api.jobs.runtimeStatus(backup)).toBe('Completed');
});

test('one that has ended is triggered again at once, whether or not Temporal has noticed', async () => {
  const { api, name, post } = await startWithSource();
  await startWorker(api);
  await post('/apply');
  const outputs: unknown[] = [];
  for (let run = 1; run <= 4; run += 1) {
    const triggered = await post(`/${name}/trigger`);
    expect(triggered.status).toBe(202);
    outputs.push((await untilEnded(locationOf(triggered))).body.output);
  }
  const runs = outputs.map((output) => (output as { backup: { runId: string } }).backup.runId);
  expect(new Set(runs).size).toBe(4);
});

test('one that is under way is not triggered twice', async () => {
  const { name, post } = await startWithSource();
  await post('/apply');
  expect((await post(`/${name}/trigger`)).status).toBe(202);
  const again = await problemOf(await post(`/${name}/trigger`));
  expect(again).toMatchObject({ status: 409, detail: expect.stringMatching(/is under way/u) as string });
});

test('a source without a schedule is a 404, and a file with a mistake a 503 that names it', async () => {
  const { describe, post, at } = await startWithSource();
  for (const answer of [await fetch(`${at}/nobody`), await fetch(`${at}/nobody/next`), await post('/nobody/pause')])
    expect(await problemOf(answer)).toMatchObject({
      status: 404,
      detail: expect.stringMatching(/"nobody"/u) as string,
    });
  await describe('0 0 30 2 *');
  const refused = await problemOf(await post('/apply'));
  expect(refused).toMatchObject({
    status: 503,
    detail: expect.stringMatching(/sources\.yaml:4:\d+: .*never fires/u) as string,
  });
});

test('an API without a sources file applies nothing', async () => {
  const api = await startApi();
  const answer = await fetch(`${api.url}/api/backups/schedules/apply`, { method: 'POST' });
  expect(await problemOf(answer)).toMatchObject({
    status: 409,
    detail: expect.stringMatching(/DURABLE_BACKUP_CONFIG/u) as string,
  });
});

test('schedules are nobody’s to see or to change without the key', async () => {
  const api = await startApi({ apiKey: 'the-master-key-1' });
  for (const [method, path] of [
    ['GET', ''],
    ['GET', '/photos'],
    ['POST', '/apply'],
    ['POST', '/photos/trigger'],
  ] as const)
    expect((await fetch(`${api.url}/api/backups/schedules${path}`, { method })).status).toBe(401);
});
