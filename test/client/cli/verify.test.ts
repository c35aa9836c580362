import { randomUUID } from 'node:crypto';
import { beforeEach, expect, test } from 'vitest';
import { containerClient } from '../../support/stored-run.ts';
import { temporaryDirectory, writeTree } from '../../support/tree.ts';
import { runCommand, servers, type Ended, type PrintedBackup } from './command.ts';

let root: string;
let env: NodeJS.ProcessEnv;
let runId: string;

beforeEach(async () => {
  root = await temporaryDirectory();
  env = { ...servers(), BACKUP_CONTAINER: `cli-${randomUUID()}`, TASK_QUEUE: randomUUID() };
  await writeTree(root, { 'a.txt': 1000, 'd/b.txt': 24 });
  const { stdout } = await run(root, '--worker', '--json');
  ({ run: runId } = JSON.parse(stdout) as PrintedBackup);
});

function run(...args: string[]): Promise<Ended> {
  return runCommand(args, { env });
}

const blob = (path: string) =>
  containerClient(env['BACKUP_CONTAINER'] ?? '').getBlockBlobClient(`${root.slice(1)}/${path}`);

test('verify finds a whole backup intact', async () => {
  const { code, stdout } = await run('verify', 'latest', '--worker');
  expect(code).toBe(0);
  expect(stdout).toMatch(new RegExp(`^Verified run ${runId} of ${root}\\n  files     2 .*\\n  intact    2\\n`, 'u'));
  const deep = await run('verify', runId, '--deep', '--subset', '1/1', '--worker', '--json');
  expect(JSON.parse(deep.stdout)).toMatchObject({ status: 'Completed', deep: true, intact: 2, readBytes: 1024 });
});

test('verify names what is missing, corrupt and extra, and exits with 3', async () => {
  await blob('a.txt').delete({ deleteSnapshots: 'include' });
  await blob('d/b.txt').upload('x'.repeat(24), 24);
  await blob('stranger.txt').upload('?', 1);
  const { code, stdout } = await run('verify', runId, '--worker');
  expect(code).toBe(3);
  expect(stdout).toMatch(/^missing .* a\.txt/mu);
  expect(stdout).toMatch(/^corrupt .* d\/b\.txt/mu);
  expect(stdout).toMatch(/^extra .*stranger\.txt/mu);
  expect(stdout).toContain(`Not intact: run ${runId}`);
  const json = await run('verify', runId, '--worker', '--json', '--quiet');
  expect(json).toMatchObject({ code: 3, stderr: '' });
  expect(JSON.parse(json.stdout)).toMatchObject({
    status: 'Failed',
    missing: 1,
    corrupt: 1,
    extra: 1,
    complete: false,
  });
});
