import { expect, test } from 'vitest';
import { createPace } from '../../../../src/client/cli/render/pace.ts';
import type { JobProgress } from '../../../../src/contracts/job.ts';

const MiB = 1024 * 1024;
const start: JobProgress = {
  phase: 'copying',
  suspended: false,
  listed: true,
  totalFiles: 100,
  totalBytes: 100 * MiB,
  files: 0,
  bytes: 0,
  failed: 0,
};

test('the first look tells no pace, and the second the pace since then', () => {
  const pace = createPace();
  expect(pace({ ...start, files: 50, bytes: 50 * MiB }, 0)).toEqual({ bytesPerSecond: 0, filesPerSecond: 0 });
  expect(pace({ ...start, files: 60, bytes: 70 * MiB, transferred: 20 * MiB }, 2000)).toMatchObject({
    bytesPerSecond: 10 * MiB,
    filesPerSecond: 5,
  });
});

test('a steady pace gives the time left', () => {
  const pace = createPace();
  pace(start, 0);
  expect(pace({ ...start, files: 20, bytes: 20 * MiB }, 10_000).remaining).toBeCloseTo(40_000, 0);
});

test('nothing is guessed before the whole tree is listed', () => {
  const pace = createPace();
  pace({ ...start, listed: false }, 0);
  expect(pace({ ...start, listed: false, files: 20, bytes: 20 * MiB }, 1000)).not.toHaveProperty('remaining');
});

test('one large file has a time left though no file is done', () => {
  const pace = createPace();
  const one = { ...start, totalFiles: 1, totalBytes: 1000 * MiB };
  pace(one, 0);
  expect(pace({ ...one, bytes: 100 * MiB }, 10_000).remaining).toBeCloseTo(90_000, -2);
});

test('empty files have a time left though no byte moves', () => {
  const pace = createPace();
  const empty = { ...start, totalBytes: 0 };
  pace(empty, 0);
  expect(pace({ ...empty, files: 50 }, 5000).remaining).toBeCloseTo(5000, 0);
});

test('a long halt ends in no guess instead of an absurd one', () => {
  const pace = createPace();
  pace(start, 0);
  const halted = { ...start, files: 1, bytes: MiB };
  pace(halted, 1000);
  expect(pace(halted, 3_600_000)).not.toHaveProperty('remaining');
});

test('numbers that go back do not make a negative pace', () => {
  const pace = createPace();
  pace({ ...start, files: 10, bytes: 10 * MiB }, 0);
  expect(pace(start, 1000)).toMatchObject({ bytesPerSecond: 0, filesPerSecond: 0 });
});

test('what was there already is no transfer, and counts for the time left alone', () => {
  const pace = createPace();
  pace(start, 0);
  expect(pace({ ...start, files: 50, bytes: 50 * MiB }, 1000)).toMatchObject({ bytesPerSecond: 0, filesPerSecond: 50 });
  const { bytesPerSecond, remaining } = pace({ ...start, files: 50, bytes: 53 * MiB, transferred: 3 * MiB }, 3000);
  expect([bytesPerSecond, remaining !== undefined]).toEqual([MiB, true]);
});

test('parts of a large file that arrive one by one under a limit never show a rate above it', () => {
  const pace = createPace();
  const one = { ...start, totalFiles: 1, totalBytes: 1000 * MiB };
  const [limit, part] = [3 * MiB, 8 * MiB];
  const rates: number[] = [];
  for (let now = 0; now <= 120_000; now += 500) {
    const bytes = Math.floor((limit * now) / 1000 / part) * part;
    rates.push(pace({ ...one, bytes, transferred: bytes }, now).bytesPerSecond);
  }
  // A look may come some tenths of a second after what it sees.
  expect(Math.max(...rates)).toBeLessThan(1.05 * limit);
  expect(Math.min(...rates.slice(40))).toBeGreaterThan(0.8 * limit);
});

test('the rate is that of the last seconds, and none once nothing moves any more', () => {
  const pace = createPace();
  const moved = (bytes: number, now: number) => pace({ ...start, bytes, transferred: bytes }, now).bytesPerSecond;
  moved(0, 0);
  for (let second = 1; second <= 30; second += 1) moved(second * MiB, second * 1000);
  for (let second = 31; second <= 60; second += 1) moved(30 * MiB + (second - 30) * 1000, second * 1000);
  expect(moved(30 * MiB + 31_000, 61_000)).toBeCloseTo(1000, 0);
  expect(moved(30 * MiB + 31_000, 90_000)).toBe(0);
});
