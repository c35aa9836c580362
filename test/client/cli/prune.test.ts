import { randomUUID } from 'node:crypto';
import { beforeEach, expect, test } from 'vitest';
import { leftoversIn } from '../../support/leftovers.ts';
import { temporaryDirectory, writeTree } from '../../support/tree.ts';
import { runCommand, servers, type Ended, type PrintedBackup } from './command.ts';

let root: string;
let env: NodeJS.ProcessEnv;

beforeEach(async () => {
  root = await temporaryDirectory();
  env = { ...servers(), BACKUP_CONTAINER: `cli-${randomUUID()}`, TASK_QUEUE: randomUUID() };
});

function run(...args: string[]): Promise<Ended> {
  return runCommand(args, { env });
}

async function backUp(files: Record<string, number>): Promise<string> {
  await writeTree(root, files);
  const { stdout } = await run(root, '--worker', '--json');
  return (JSON.parse(stdout) as PrintedBackup).run;
}

test('what is forgotten goes with a prune, after a dry run that says what will', { timeout: 120_000 }, async () => {
  const first = await backUp({ 'a.txt': 1000, 'b.txt': 50 });
  const second = await backUp({ 'a.txt': 2000 });
  expect(await run('forget', first)).toMatchObject({ code: 0 });
  const dry = await run('prune', '--dry-run', '--worker');
  expect(dry.code).toBe(0);
  expect(dry.stdout).toMatch(
    /^Would prune the container; nothing was deleted\n {2}runs {6}1 kept, 1 forgotten, 0 unfinished\n/u,
  );
  expect(dry.stdout).toMatch(/^ {2}deleted {3}1 \(1000 B\) blobs and snapshots of files$/mu);
  const { stdout, code } = await run('prune', '--worker', '--json');
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    status: 'Completed',
    dryRun: false,
    keptRuns: 1,
    forgottenRuns: 1,
    deleted: 1,
    deletedBytes: 1000,
    kept: 2,
    keptBytes: 2050,
    foreign: 0,
    changed: 0,
  });
  const container = env['BACKUP_CONTAINER'] ?? '';
  expect(await leftoversIn(container, [second])).toMatchObject({ files: [], data: [], missing: [] });
  const late = await run('forget', '--undo', first);
  expect(late.code).toBe(1);
});

test('a prefix or a wait that makes no sense is a mistake on the command line', async () => {
  const prefix = await run('prune', '--prefix', '../x/');
  expect(prefix.code).toBe(1);
  expect(prefix.stderr).toMatch(
    /'--prefix <prefix>' argument '\.\.\/x\/' is invalid\. It must be empty or plain folder names/u,
  );
  const wait = await run('prune', '--wait', 'long');
  expect(wait).toMatchObject({ code: 1, stderr: expect.stringContaining('It must be a duration') });
});
