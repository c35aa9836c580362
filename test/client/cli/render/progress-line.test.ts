import { expect, test } from 'vitest';
import { lineWithin } from '../../../../src/client/cli/render/progress-line.ts';
import type { JobProgress } from '../../../../src/contracts/job.ts';

const MiB = 1024 * 1024;
const verifying: JobProgress = {
  phase: 'verifying',
  suspended: false,
  listed: true,
  totalFiles: 12,
  totalBytes: 509 * MiB,
  files: 0,
  bytes: 190 * MiB,
  failed: 0,
};
const pace = { bytesPerSecond: 3 * MiB, filesPerSecond: 0, remaining: 106_000 };
const within = (columns: number, progress = verifying) => lineWithin(progress, pace, {}, columns);

test.each([
  [40, '37% 190.0/509.0 MiB 3.0 MiB/s 1min46s'],
  [80, '37% | 190.0 of 509.0 MiB | 3.0 MiB/s | 1 min 46 s left | 0 of 12 files'],
  [120, '=========--------------- 37% | 190.0 of 509.0 MiB | 3.0 MiB/s | 1 min 46 s left | 0 of 12 files | verifying'],
  [20, '37% 190.0/509.0 MiB'],
  [3, '37'],
])('a terminal of %i columns shows what matters first', (columns, line) => {
  expect(within(columns)).toBe(line);
  expect(line.length).toBeLessThan(columns);
});

test('failures come before files, and what is no usual state before all', () => {
  expect(within(80, { ...verifying, failed: 2 })).toContain('left | 2 failed');
  expect(within(40, { ...verifying, suspended: true })).toBe('suspended 37% 190.0/509.0 MiB 3.0 MiB/s');
  expect(within(80, { ...verifying, phase: 'committing' })).toMatch(/^committing \| 37% /u);
  expect(within(80, { ...verifying, phase: 'waiting', waitingFor: 'backup x' })).toBe('waiting for backup x');
});

test('the share is that of bytes, and of files where there are no bytes', () => {
  expect(within(80, { ...verifying, files: 11, bytes: 0 })).toMatch(/^0% /u);
  expect(within(80, { ...verifying, totalBytes: 0, bytes: 0, files: 6 })).toMatch(/^50% \| 3\.0/u);
  expect(within(80, { ...verifying, bytes: 509 * MiB })).toMatch(/^99% /u);
  expect(within(80, { ...verifying, listed: false, bytes: 1000 })).toMatch(
    /^0% \| 1000 B of 509\.0 MiB\+ .* 0 of 12\+/u,
  );
});
