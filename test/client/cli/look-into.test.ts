import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { randomUUID } from 'node:crypto';
import { chmod, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import type { EntryRow } from '../../../src/history/views/list-entries.ts';
import type { VersionRow } from '../../../src/history/views/find-versions.ts';
import type { DifferenceRow } from '../../../src/history/views/compare-runs.ts';
import { containerClient } from '../../support/stored-run.ts';
import { temporaryDirectory, writeTree } from '../../support/tree.ts';
import { runCommand, servers, startAtTerminal, type Ended, type PrintedBackup } from './command.ts';

let root: string;
let env: NodeJS.ProcessEnv & { BACKUP_CONTAINER: string };

beforeEach(async () => {
  root = await temporaryDirectory();
  await writeTree(root, { 'a.txt': 10, 'd/b.txt': 20, 'd/e/f.log': 3000, 'd.txt': 1 });
  await symlink('a.txt', join(root, 'link'));
  env = { ...servers(), BACKUP_CONTAINER: `cli-${randomUUID()}`, TASK_QUEUE: randomUUID() };
});

function run(...args: string[]): Promise<Ended> {
  return runCommand(args, { env });
}

async function backUp(directory = root): Promise<string> {
  const { stdout } = await run(directory, '--worker', '--json');
  return (JSON.parse(stdout) as PrintedBackup).run;
}

function rowsOf<R>({ code, stdout, stderr }: Ended): R[] {
  expect([code, stderr]).toEqual([0, '']);
  return stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as R);
}

test('ls lists a folder, as text and as NDJSON', async () => {
  const time = new Date('2026-11-20T18:00:00.500Z');
  await chmod(join(root, 'd/b.txt'), 0o640);
  for (const path of ['d/b.txt', 'd/e/f.log', 'd/e']) await utimes(join(root, path), time, time);
  const id = await backUp();
  expect((await run('ls', 'latest', 'd')).stdout.split('\n')).toEqual([
    'TYPE       MODE            BYTES  MODIFIED              PATH',
    'file       0640               20  2026-11-20 18:00:00Z  d/b.txt',
    'directory  0755                -  2026-11-20 18:00:00Z  d/e/',
    '2 paths, 20 bytes',
    '',
  ]);
  const paths = async (...args: string[]) =>
    rowsOf<EntryRow>(await run('ls', ...args, '--json')).map(({ path }) => path);
  expect(await paths(id)).toEqual(['a.txt', 'd.txt', 'd', 'link']);
  expect(await paths(id, join(root, 'd'), '-r')).toEqual(['d/b.txt', 'd/e', 'd/e/f.log']);
  expect(await paths(id, '.', '--recursive', '--source', root)).toHaveLength(7);
  expect((await run('ls', id, 'link')).stdout).toContain('link -> a.txt\n');
});

test('find tells which runs hold a path, and in which versions', async () => {
  const first = await backUp();
  await writeFile(join(root, 'd/b.txt'), 'changed');
  const second = await backUp();
  const rows = rowsOf<VersionRow>(await run('find', '**/*.txt', '--json'));
  expect(rows.map(({ path, bytes, runs }) => [path, bytes, runs])).toEqual([
    ['a.txt', 10, [second, first]],
    ['d.txt', 1, [second, first]],
    ['d/b.txt', 7, [second]],
    ['d/b.txt', 20, [first]],
  ]);
  const named = async (pattern: string) => rowsOf<VersionRow>(await run('find', pattern, '--run', first, '--json'));
  expect((await named('b.txt')).map(({ path }) => path)).toEqual(['d/b.txt']);
  expect((await named('./b.txt')).map(({ path }) => path)).toEqual([]);
  expect((await named(join(root, 'a.txt'))).map(({ path }) => path)).toEqual(['a.txt']);
  const text = await run('find', join(root, 'd/b.txt'), '--run', first);
  const [header, row, count] = text.stdout.split('\n');
  expect([header, count]).toEqual([
    '          BYTES  MODIFIED               RUNS  NEWEST                     PATH',
    '1 version',
  ]);
  expect(row).toMatch(new RegExp(`^ {13}20  \\d{4}.*Z {6}1  ${first}  d/b\\.txt$`, 'u'));
  expect(await run('find', 'nothing')).toMatchObject({ code: 0, stdout: expect.stringMatching(/\n0 versions\n$/u) });
});

test('what was restored, to the microsecond, differs in nothing from what it was', async () => {
  for (const path of ['a.txt', 'd/b.txt', 'd/e']) {
    execFileSync('touch', ['--date', '@1795241398.123456789', join(root, path)]);
  }
  const before = await backUp();
  for (const path of ['a.txt', 'd']) await rm(join(root, path), { recursive: true });
  expect(await run('restore', before, '--worker', '--quiet')).toMatchObject({ code: 0 });
  const { mtimeNs } = await stat(join(root, 'a.txt'), { bigint: true });
  expect(String(mtimeNs)).toMatch(/^1795241398123456/u);
  const after = await backUp();
  expect(await run('diff', before, after)).toEqual({ code: 0, stdout: '0 differences\n', stderr: '' });
  const [version, ...others] = rowsOf<VersionRow>(await run('find', 'b.txt', '--json'));
  expect([version?.runs, others]).toEqual([[after, before], []]);
});

test('diff tells how two runs differ', async () => {
  const before = await backUp();
  await writeTree(root, { 'd/new.txt': 5 });
  await writeFile(join(root, 'd/e/f.log'), 'changed');
  await chmod(join(root, 'a.txt'), 0o600);
  await rm(join(root, 'link'));
  await rm(join(root, 'd.txt'));
  await writeTree(root, { 'd.txt/x': 1 });
  const after = await backUp();
  const { code, stdout } = await run('diff', before, after);
  expect(code).toBe(0);
  expect(stdout.split('\n').filter((line) => !/^A {2}d\//u.test(line))).toEqual([
    'A  a.txt: 0644 > 0600',
    expect.stringMatching(/^T {2}d\.txt\/: file > directory, 0644 > 0755/u),
    '+  d.txt/x',
    expect.stringMatching(/^M {2}d\/e\/f\.log: 3,000 bytes > 7 bytes/u),
    '+  d/new.txt',
    '-  link',
    expect.stringMatching(/^\d+ differences: /u),
    '',
  ]);
  const rows = rowsOf<DifferenceRow>(await run('diff', before, 'latest', '--json'));
  expect(rows.find(({ change }) => change === 'content')).toMatchObject({
    path: 'd/e/f.log',
    before: { kind: 'file', bytes: 3000 },
    after: { kind: 'file', bytes: 7 },
  });
  expect(await run('diff', after, 'latest')).toEqual({ code: 0, stdout: '0 differences\n', stderr: '' });
});

test('cat prints the bytes of a file, and of damaged ones an error', async () => {
  await backUp();
  const copy = join(await temporaryDirectory(), 'copy');
  const piped = startAtTerminal(`"$NODE" src/main.ts cat latest d/e/f.log > ${copy}`, root, env);
  expect((await piped.ended).stdout).toBe('');
  expect((await readFile(copy)).equals(await readFile(join(root, 'd/e/f.log')))).toBe(true);

  const blob = containerClient(env.BACKUP_CONTAINER).getBlockBlobClient(`${root.slice(1)}/a.txt`);
  const { metadata = {} } = await blob.getProperties();
  await blob.upload('0123456789', 10, { metadata });
  const damaged = await run('cat', 'latest', 'a.txt');
  expect(damaged).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('corrupt in storage') });
});

test('what cannot be shown is an error that says what can', async () => {
  const id = await backUp();
  const cases: readonly (readonly [readonly string[], string])[] = [
    [['ls', 'latest', 'd/x/y'], '"d", the nearest folder'],
    [['ls', 'nonsense'], 'nonsense'],
    [['ls', id, '/etc'], root],
    [['cat', id, root], 'names nothing'],
    [['find', '{a,b}'.repeat(12)], 'more than 1000 globs'],
    [['find', ''], 'It is empty'],
    [['diff', id, '20200101T000000Z-00000000'], id],
  ];
  for (const [args, says] of cases) {
    const ended = await run(...args);
    expect([args, ended]).toEqual([args, { code: 1, stdout: '', stderr: expect.stringContaining(says) }]);
  }
  const asJson = await run('--json', 'cat', id, 'none');
  expect(asJson).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('list what is in its root') });
  const failed = await run('ls', id, 'none', '--json');
  expect(JSON.parse(failed.stdout)).toMatchObject({ status: 'Failed', error: expect.stringContaining('"none"') });
});

test('cat says what has no content, and what to do instead', async () => {
  const socket = createServer().listen(join(root, 'd/socket'));
  onTestFinished(() => void socket.close());
  await once(socket, 'listening');
  execFileSync('mkfifo', [join(root, 'pipe')]);
  // Only the superuser may make one.
  if (process.getuid?.() === 0) execFileSync('mknod', [join(root, 'null'), 'c', '1', '3']);
  await symlink('/etc/passwd', join(root, 'd/out'));
  await symlink('../a.txt', join(root, 'd/in'));
  const id = await backUp();
  const cases: readonly (readonly [string, string])[] = [
    ['d', `durable-backup ls ${id} d\` lists what is in it`],
    ['d/in', 'is a symlink to "../a.txt", so there is no content of it: name what it leads to, "a.txt"'],
    ['d/out', 'is a symlink to "/etc/passwd", so there is no content of it: what it leads to is outside of'],
    ['pipe', 'is a fifo, so there is no content of it: name a file, for of this only the name is kept'],
    ['d/socket', `durable-backup ls ${id} d\` lists those beside it`],
    ...(process.getuid?.() === 0 ? ([['null', 'is a device, so there is no content of it']] as const) : []),
  ];
  for (const [path, says] of cases) {
    const ended = await run('cat', id, path);
    expect([path, ended]).toEqual([path, { code: 1, stdout: '', stderr: expect.stringContaining(says) }]);
  }
  expect((await run('ls', id, 'd')).stdout).toContain('d/socket');
});
