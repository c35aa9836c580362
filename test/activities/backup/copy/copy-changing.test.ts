import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, open, truncate, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createActivities } from '../../../../src/activities/index.ts';
import { content, writeTree } from '../../../support/tree.ts';
import { backUp, blobBytes, blobNames, mebibyte, nameOf, openRig, perform, type Rig } from '../../rig.ts';

/** Does `change` whenever memory is asked for, which is after a file's state was noted and before it is read; at most `times`. */
function changing(rig: Rig, times: number, change: () => Promise<void>): Rig {
  let left = times;
  const memory = {
    take: async (bytes: number, signal: AbortSignal) => {
      if (left-- > 0) await change();
      return rig.deps.memory.take(bytes, signal);
    },
  };
  return { ...rig, activities: createActivities({ ...rig.deps, memory }) };
}

async function overwrite(path: string, byte: number, at: number): Promise<void> {
  const file = await open(path, 'r+');
  await file.write(Buffer.from([byte]), 0, 1, at);
  await file.close();
}

const never = { outcome: 'changed', reason: 'changed each of the 3 times it was read', busy: true, attempts: 3 };

test.each([
  ['small', 'grows', 1000, (path: string) => appendFile(path, 'x')],
  ['small', 'shrinks', 1000, (path: string) => truncate(path, 10)],
  ['small', 'is overwritten in place', 1000, (path: string) => overwrite(path, 0, 10)],
  ['large', 'grows', 17 * mebibyte, (path: string) => appendFile(path, 'x')],
  ['large', 'shrinks', 17 * mebibyte, (path: string) => truncate(path, 9 * mebibyte)],
  ['large', 'is overwritten in place', 17 * mebibyte, (path: string) => overwrite(path, 0, 10)],
  [
    'large',
    'is overwritten in place with its time set back',
    17 * mebibyte,
    async (path: string) => {
      await overwrite(path, 0, 10);
      await utimes(path, new Date(0), new Date(0));
    },
  ],
])('a %s file that %s while it is read is read again', async (_, __, size, change) => {
  const rig = await openRig();
  const path = join(rig.root, 'a');
  await writeTree(rig.root, { a: size });
  await utimes(path, new Date(0), new Date(0));
  const outcome = (await backUp(changing(rig, 1, () => change(path)))).get('a');
  expect(outcome).toMatchObject({ outcome: 'uploaded', attempts: 2 });
  const file = await open(path);
  const now = await file.readFile();
  await file.close();
  expect(outcome?.size).toBe(now.length);
  expect((await blobBytes(rig, nameOf(rig, 'a'))).equals(now)).toBe(true);
});

test.each([
  ['small', 1000],
  ['large', 17 * mebibyte],
])('a %s file that changes each time it is read makes no blob', async (_, size) => {
  const rig = await openRig();
  await writeTree(rig.root, { a: size });
  let byte = 0;
  const outcomes = await backUp(changing(rig, Infinity, () => overwrite(join(rig.root, 'a'), ++byte, 10)));
  expect(outcomes.get('a')).toMatchObject(never);
  expect(await blobNames(rig)).toEqual([]);
  expect(await perform(rig.activities.sealPage, [rig.run, 0, []])).toMatchObject({ tally: { failed: 1 }, busy: 1 });
});

test('a file that changes each time it is read leaves the blob of an earlier run alone', async () => {
  const rig = await openRig();
  await writeTree(rig.root, { a: 1000 });
  await backUp(rig);
  const next = { ...rig, run: { ...rig.run, id: '20260103T030405Z-0123abcd' } };
  let byte = 0;
  const outcomes = await backUp(changing(next, Infinity, () => overwrite(join(rig.root, 'a'), ++byte, 10)));
  expect(outcomes.get('a')).toMatchObject(never);
  expect(await blobBytes(rig, nameOf(rig, 'a'))).toEqual(content(1000));
});

test('a log that a program keeps appending to is said to have changed, and the files beside it are stored', async () => {
  const rig = await openRig();
  await writeTree(rig.root, { log: 20 * mebibyte, still: 10 });
  const program = `const { appendFileSync } = require('node:fs');
    for (let i = 0; ; i += 1) { appendFileSync(process.argv[1], 'x'); if (i === 0) process.stdout.write('started'); }`;
  const writer = spawn(process.execPath, ['-e', program, join(rig.root, 'log')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void writer.kill('SIGKILL'));
  await once(writer.stdout, 'data');
  const outcomes = await backUp(rig);
  expect(outcomes.get('log')).toMatchObject(never);
  expect(outcomes.get('still')?.outcome).toBe('uploaded');
  expect(await blobNames(rig)).toEqual([nameOf(rig, 'still')]);
});
