import { expect, test } from 'vitest';
import type { SourceDefinition } from '../../../src/contracts/sources.ts';
import { scheduleId, watchId } from '../../../src/contracts/scheduled.ts';
import { startWorker } from '../../support/workflow-harness.ts';
import { nightly, openSchedules } from './rig.ts';

const hour = 3_600_000;
const hook = 'https://hooks.example.com/services/T0/s3cret';

/** Everything that a source can say. */
function full(name: string): SourceDefinition {
  return nightly(name, {
    worker: 'web-1',
    tags: ['nightly'],
    retention: { daily: 7 },
    schedule: { cron: '30 2 * * MON-FRI', timeZone: 'Europe/Berlin', jitter: 60_000, catchupWindow: hour },
    limits: { window: 4, uploadLimit: 1000 },
    after: { forget: true, prune: true, verify: { sample: 0.01 } },
    notify: {
      success: [{ webhook: hook }],
      failure: [{ webhook: hook }, { command: ['mail', '-s', 's3cret', 'ops@example.com'] }],
      missed: [{ command: ['page', 's3cret'] }],
      missedAfter: 26 * hour,
    },
  });
}

test('applying makes schedules and watches, and doing it again changes nothing', async () => {
  const { schedules, named, taskQueue } = await openSchedules();
  const [photos, docs, manual] = [
    full(named('photos')),
    nightly(named('docs'), { schedule: { every: 6 * hour } }),
    named('manual'),
  ];
  const sources: SourceDefinition[] = [photos, docs, { name: manual, root: '/srv/m', prefix: 'm/' }];
  const created = [
    { source: docs.name, what: 'schedule', change: 'created' },
    { source: photos.name, what: 'schedule', change: 'created' },
    { source: photos.name, what: 'watch', change: 'created' },
  ];
  expect(await schedules.apply(sources, { dryRun: true })).toEqual(created);
  expect(await schedules.apply(sources, { dryRun: true })).toEqual(created);
  expect(await schedules.apply(sources)).toEqual(created);
  expect(await schedules.apply(sources)).toEqual(created.map((row) => ({ ...row, change: 'unchanged' })));
  // Nor when somebody else serves the queue and the watch has begun.
  const worker = await startWorker({}, { taskQueue });
  expect(await schedules.apply(sources)).toEqual(created.map((row) => ({ ...row, change: 'unchanged' })));
  await worker.stop();

  const info = await schedules.get(photos.name);
  expect(info).toMatchObject({
    source: photos.name,
    when: '30 2 * * MON-FRI',
    timeZone: 'Europe/Berlin',
    paused: false,
  });
  expect(info.next.length).toBeGreaterThan(2);
  expect(info.next.some((time) => [0, 6].includes(new Date(time).getUTCDay()))).toBe(false);
  expect(await schedules.get(docs.name)).toMatchObject({ when: 'every 6h', timeZone: 'UTC' });
  await expect.poll(async () => (await schedules.list()).map(({ source }) => source)).toEqual([docs.name, photos.name]);
});

test('Temporal learns what is done, and neither addresses nor programs of whom to tell', async () => {
  const { client, schedules, named } = await openSchedules();
  const source = full(named('photos'));
  await schedules.apply([source]);
  const { action, policies, spec } = await client.schedule.getHandle(scheduleId(source.name)).describe();
  expect(action.args).toEqual([
    {
      source: source.name,
      backup: {
        root: '/srv/photos',
        prefix: source.prefix,
        worker: 'web-1',
        tags: ['nightly'],
        uploadLimit: 1000,
        options: { window: 4 },
      },
      after: { forget: { daily: 7 }, prune: true, sample: 0.01 },
      tell: { success: ['webhook'], failure: ['webhook', 'command'], missed: ['command'] },
    },
  ]);
  expect(policies).toEqual({ overlap: 'SKIP', catchupWindow: hour, pauseOnFailure: false });
  expect(spec.jitter).toBe(60_000);
  const watch = client.workflow.getHandle(watchId(source.name));
  const kept = JSON.stringify([action, await watch.fetchHistory(), (await watch.describe()).memo]);
  expect(kept).not.toMatch(/s3cret|hooks\.example/u);
});

test('what differs is named and mended, also what others changed, and whether it is paused stays', async () => {
  const { client, schedules, named } = await openSchedules();
  const source = full(named('photos'));
  await schedules.apply([source]);
  await schedules.pause(source.name, 'moving house');
  const later = {
    ...source,
    schedule: { cron: '30 3 * * *' },
    tags: ['weekly'],
    notify: { missed: [{ webhook: hook }], missedAfter: hour },
  };
  expect(await schedules.apply([later])).toEqual([
    {
      source: source.name,
      what: 'schedule',
      change: 'updated',
      differences: ['time', 'time zone', 'jitter', 'catch-up window', 'what is done'],
    },
    { source: source.name, what: 'watch', change: 'updated' },
  ]);
  expect(await schedules.get(source.name)).toMatchObject({ when: '30 3 * * *', paused: true, note: 'moving house' });

  const handle = client.schedule.getHandle(scheduleId(source.name));
  await handle.update(({ action, state }) => ({
    spec: { calendars: [{ hour: 5 }] },
    policies: { overlap: 'ALLOW_ALL' },
    action: { ...action, args: action.args ?? [] },
    state,
  }));
  const [mended] = await schedules.apply([later]);
  expect(mended).toMatchObject({
    change: 'updated',
    differences: expect.arrayContaining(['time', 'overlap']) as string[],
  });
  expect((await schedules.get(source.name)).when).toBe('30 3 * * *');
});

test('what no source wants any more is removed, and nothing of others', async () => {
  const { client, schedules, named } = await openSchedules();
  const other = await openSchedules();
  const [gone, kept, theirs] = [full(named('gone')), full(named('kept')), full(other.named('theirs'))];
  await other.schedules.apply([theirs]);
  await schedules.apply([gone, kept]);
  // Temporal's lists lag behind.
  const everything = async () => {
    const rows = await schedules.apply([kept], { dryRun: true });
    return rows.filter(({ change }) => change === 'removed').map(({ source, what }) => `${what} of ${source}`);
  };
  await expect.poll(everything).toEqual([`schedule of ${gone.name}`, `watch of ${gone.name}`]);
  await schedules.apply([kept]);
  await expect(schedules.get(gone.name)).rejects.toMatchObject({ type: 'ScheduleNotFound' });
  const watch = client.workflow.getHandle(watchId(gone.name));
  expect((await watch.describe()).status.name).toBe('TERMINATED');
  await expect(schedules.get(kept.name)).resolves.toMatchObject({ source: kept.name });
  await expect(other.schedules.get(theirs.name)).resolves.toMatchObject({ source: theirs.name });

  const silent = { ...kept, notify: { failure: [{ webhook: hook }] } };
  await expect
    .poll(async () => (await schedules.apply([silent])).find(({ what }) => what === 'watch'))
    .toEqual({
      source: kept.name,
      what: 'watch',
      change: 'removed',
    });
});

test('a name that another task queue has taken is refused before anything is changed', async () => {
  const { schedules, named } = await openSchedules();
  const other = await openSchedules();
  const [taken, free] = [full(other.named('taken')), full(named('free'))];
  await other.schedules.apply([taken]);
  await expect(schedules.apply([free, taken])).rejects.toMatchObject({
    type: 'InvalidInput',
    message: expect.stringMatching(
      new RegExp(`^sources\\.${taken.name}: the task queue ${other.taskQueue} has a`, 'u'),
    ) as string,
  });
  await expect(schedules.get(free.name)).rejects.toMatchObject({ type: 'ScheduleNotFound' });
});

test('a schedule that can start nothing is refused by its name', async () => {
  const { schedules, named } = await openSchedules();
  const [fine, never] = [nightly(named('fine')), nightly(named('never'), { schedule: { cron: '0 0 30 2 *' } })];
  await expect(schedules.apply([fine, never])).rejects.toMatchObject({
    type: 'InvalidInput',
    message: `sources.${never.name}.schedule.cron: "0 0 30 2 *" never fires: there is no such day in any year`,
  });
  await expect(schedules.get(fine.name)).rejects.toMatchObject({ type: 'ScheduleNotFound' });
});

test('what Temporal alone refuses is refused by its name too', async () => {
  const { schedules, named } = await openSchedules();
  const [weekend, unknown] = [
    nightly(named('weekend'), { schedule: { cron: '0 2 * * 6-7' } }),
    nightly(named('unknown'), { schedule: { cron: '0 2 * * *', timeZone: 'Asia/KOLKATA' } }),
  ];
  await expect(schedules.apply([weekend])).resolves.toMatchObject([{ change: 'created' }]);
  await expect(schedules.apply([weekend, unknown])).rejects.toMatchObject({
    type: 'InvalidInput',
    message: expect.stringMatching(
      new RegExp(`^sources\\.${unknown.name}\\.schedule: Temporal refuses it: `, 'u'),
    ) as string,
  });
});

test('so is a definition that is too long to be kept with a schedule', async () => {
  const { schedules, named } = await openSchedules();
  // Of few letters, each of three bytes.
  const exclude = Array.from({ length: 2000 }, (_, i) => `*.資料資料${i}`);
  const long = nightly(named('long'), { filters: { exclude } });
  await expect(schedules.apply([long])).rejects.toMatchObject({
    type: 'InvalidInput',
    message: expect.stringMatching(new RegExp(`^sources\\.${long.name}: is too long .* an ignore file`, 'u')) as string,
  });
});

test('pausing, resuming and triggering are about one that there is', async () => {
  const { schedules, named, client } = await openSchedules();
  const source = nightly(named('photos'));
  await schedules.apply([source]);
  expect(await schedules.pause(source.name, 'moving house')).toMatchObject({
    paused: true,
    note: 'moving house',
    next: [],
  });
  const instanceId = await schedules.trigger(source.name);
  expect(instanceId).toMatch(new RegExp(`^scheduled-${source.name}-`, 'u'));
  await expect(schedules.trigger(source.name)).rejects.toThrow(
    `The scheduled run ${instanceId} of ${source.name} is under way.`,
  );
  await client.workflow.getHandle(instanceId ?? '').terminate();
  await schedules.resume(source.name);
  expect(await schedules.pause(source.name, ' ')).toMatchObject({ paused: true, note: 'Paused' });
  const resumed = await schedules.resume(source.name);
  expect(resumed).toMatchObject({ paused: false, last: { instanceId } });
  expect(resumed.next).not.toEqual([]);
  const near = `${source.name}x`;
  const acts = [() => schedules.pause(near, ''), () => schedules.resume(near), () => schedules.trigger(near)];
  for (const act of acts) await expect(act()).rejects.toMatchObject({ type: 'ScheduleNotFound' });
  await expect
    .poll(() => schedules.get(near).catch((error: Error) => error.message))
    .toBe(`There is no schedule for a source "${near}": did you mean ${source.name}?`);
});
