import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { expect, test } from 'vitest';

import { withFileLock } from '../../src/embedded/file-lock.ts';
import { temporaryDirectory } from './temporary.ts';

test('work under one lock never overlaps', async () => {
  const lock = join(await temporaryDirectory(), 'lock');
  let inside = 0;
  const overlaps: number[] = [];
  const work = async (): Promise<void> => {
    inside += 1;
    await sleep(5);
    overlaps.push(inside);
    inside -= 1;
  };
  await Promise.all(Array.from({ length: 10 }, () => withFileLock(lock, work)));
  expect(overlaps).toEqual(Array.from({ length: 10 }, () => 1));
});

test('the lock of a dead process is taken, by one of many at a time', async () => {
  const directory = await temporaryDirectory();
  const dead = spawn(process.execPath, ['--version'], { stdio: 'ignore' });
  await once(dead, 'exit');
  await writeFile(join(directory, 'lock'), JSON.stringify({ pid: dead.pid, started: '1' }));
  let inside = 0;
  const results = await Promise.all(
    Array.from({ length: 5 }, () =>
      withFileLock(join(directory, 'lock'), async () => {
        inside += 1;
        await sleep(5);
        return inside--;
      }),
    ),
  );
  expect(results).toEqual([1, 1, 1, 1, 1]);
  expect(await readdir(directory)).toEqual([]);
});

test('a process that was given the number of a dead one does not hold its lock', async () => {
  const lock = join(await temporaryDirectory(), 'lock');
  await writeFile(lock, JSON.stringify({ pid: process.pid, started: 'long ago' }));
  expect(await withFileLock(lock, () => Promise.resolve('mine'))).toBe('mine');
});

test('failing work gives the lock back', async () => {
  const lock = join(await temporaryDirectory(), 'lock');
  await expect(withFileLock(lock, () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
  expect(await withFileLock(lock, () => Promise.resolve('free'))).toBe('free');
});
