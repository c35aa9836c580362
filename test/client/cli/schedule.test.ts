import { randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { expect, inject, onTestFinished, test } from 'vitest';
import { temporaryDirectory, writeTree } from '../../support/tree.ts';
import { removeSchedule } from '../../support/remove-schedule.ts';
import { runCommand, servers, startCommand, rowsIn } from './command.ts';

/** A sources file that names one source, and the commands over it. */
async function newSource() {
  const directory = await temporaryDirectory();
  const [file, root] = [join(directory, 'sources.yaml'), join(directory, 'data')];
  const name = `photos-${randomUUID().slice(0, 8)}`;
  await writeTree(root, { 'a.txt': 10 });
  const write = (rest: string) => writeFile(file, `sources:\n  ${name}:\n    root: ${root}\n${rest}`);
  const env = {
    ...servers(),
    TASK_QUEUE: `schedule-${name}`,
    BACKUP_CONTAINER: `schedule-${randomUUID()}`,
    BACKUP_ROOTS: root,
    DURABLE_BACKUP_CONFIG: file,
  };
  const schedule = (...args: string[]) => runCommand(['schedule', ...args], { env });
  onTestFinished(async () => {
    const connection = await Connection.connect({ address: inject('temporalAddress') });
    const client = new Client({ connection });
    await removeSchedule(client, name);
    await connection.close();
  });
  return { name, directory, write, schedule, env };
}

const nightly = `    schedule: { cron: '0 2 * * *', timeZone: Europe/Berlin }\n`;

test('a file is applied, and what became of it is told to people and to programs', async () => {
  const { name, write, schedule } = await newSource();
  await write(`${nightly}    notify: { missed: [{ command: [page, me] }], missedAfter: 26h }\n`);
  const dry = await schedule('apply', '--dry-run');
  expect([dry.code, dry.stdout]).toEqual([0, `${name}  schedule  created\n${name}  watch     created\n`]);
  expect(dry.stderr).toMatch(
    /Dry run: nothing was changed\.\nCommands run on workers with ALLOW_COMMANDS=true alone\.\n/u,
  );
  expect((await schedule('apply', '--quiet')).stdout).toBe('');
  const again = await schedule('apply', '--json');
  expect(rowsIn(again.stdout)).toEqual([
    { source: name, what: 'schedule', change: 'unchanged' },
    { source: name, what: 'watch', change: 'unchanged' },
  ]);

  const next = await schedule('next', name);
  expect(next.stdout.trimEnd().split('\n')).toHaveLength(10);
  expect(next.stdout).toMatch(/^\d{4}-\d\d-\d\d 0[01]:00:00Z$/mu);
  const paused = await schedule('pause', name, '--reason', 'moving house', '--json');
  expect(JSON.parse(paused.stdout)).toMatchObject({ source: name, paused: true, note: 'moving house' });
  expect((await schedule('next', name)).stdout).toMatch(new RegExp(`^None: ${name} is paused; `, 'u'));
  await expect
    .poll(async () => (await schedule('list')).stdout)
    .toMatch(new RegExp(`^${name}\\s+0 2 \\* \\* \\*\\s+Europe/Berlin\\s+paused: moving house\\s+-\\s+never$`, 'mu'));
  expect((await schedule('resume', name)).stdout).toMatch(new RegExp(`^${name} is resumed; next at `, 'u'));

  await write('');
  const gone = await schedule('apply');
  expect(gone.stdout).toBe(`${name}  schedule  removed\n${name}  watch     removed\n`);
});

test('a run that is triggered is done by a worker, which tells a command of it', async () => {
  const { name, directory, write, schedule, env } = await newSource();
  const told = join(directory, 'told');
  await write(`${nightly}    notify: { success: [{ command: [sh, -c, 'cat > "$0"', ${told}] }] }\n`);
  await schedule('apply');
  const triggered = await schedule('trigger', name, '--json');
  const { instanceId } = JSON.parse(triggered.stdout) as { instanceId: string };
  expect(instanceId).toMatch(new RegExp(`^scheduled-${name}-`, 'u'));
  const again = await schedule('trigger', name);
  expect([again.code, again.stderr]).toEqual([1, expect.stringMatching(/is under way/u) as string]);

  const worker = startCommand(['worker'], { env: { ...env, ALLOW_COMMANDS: 'true' } });
  await expect.poll(() => readFile(told, 'utf8').catch(() => '')).toMatch(/\n$/u);
  worker.child.kill('SIGTERM');
  expect(JSON.parse(await readFile(told, 'utf8'))).toMatchObject({ event: 'success', source: name, instanceId });
  await worker.ended;
});

test('mistakes are told with the way out of them', async () => {
  const { name, write, schedule, env } = await newSource();
  await write(nightly);
  const unknown = await schedule('pause', name, '--json');
  expect(unknown.code).toBe(1);
  expect(unknown.stdout).toMatch(/There is no schedule for a source .*durable-backup schedule apply/u);
  await write(`    schedule: { cron: '0 0 30 2 *' }\n`);
  const never = await schedule('apply');
  expect([never.code, never.stderr]).toEqual([
    1,
    expect.stringMatching(/sources\.yaml:4:\d+: .*never fires/u) as string,
  ]);
  const none = await runCommand(['schedule', 'apply', '--config', '/nowhere.yaml'], { env });
  expect([none.code, none.stderr]).toEqual([1, expect.stringMatching(/\/nowhere\.yaml cannot be read/u) as string]);
  const bare = await schedule();
  expect(bare.code).toBe(1);
  expect(bare.stderr).toMatch(/apply.*\n.*list/u);
});
