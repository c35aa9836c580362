import { Writable } from 'node:stream';
import type { WriteStream } from 'node:tty';
import { expect, test } from 'vitest';
import { createBar, createLines } from '../../../../src/client/cli/render/progress-display.ts';
import type { JobProgress } from '../../../../src/contracts/job.ts';

const half: JobProgress = {
  phase: 'copying',
  suspended: false,
  listed: true,
  totalFiles: 10,
  totalBytes: 2048,
  files: 5,
  bytes: 1024,
  failed: 0,
};

/** A terminal 100 columns wide that keeps what was written. */
function terminal(): { stream: WriteStream; written: () => string } {
  let written = '';
  const stream = new Writable({
    write(chunk, _encoding, done) {
      written += String(chunk);
      done();
    },
  });
  Object.assign(stream, { isTTY: true, columns: 100, rows: 30 });
  return { stream: stream as unknown as WriteStream, written: () => written };
}

const hideCursor = '\u001B[?25l';
const showCursor = '\u001B[?25h';

test('lines appear at each new state, and within one only after a while', () => {
  const lines: string[] = [];
  const display = createLines((line) => lines.push(line), { every: 60_000 });
  display.show({ ...half, phase: 'opening' });
  display.show({ ...half, phase: 'opening', waitingFor: 'web-1' });
  display.show(half);
  display.show({ ...half, files: 6 });
  display.show({ ...half, suspended: true });
  display.show({ ...half, failed: 2 });
  display.show({ ...half, phase: 'committing' });
  expect(lines).toEqual([
    'opening',
    'opening, waiting for a worker of web-1',
    'copying | 50% | 1.0 of 2.0 KiB | 5 of 10 files',
    expect.stringMatching(/^suspended \| 50% \| /u),
    expect.stringMatching(/^copying \| .* \| 2 failed/u),
    expect.stringMatching(/^committing \| /u),
  ]);
});

test('lines within one state follow each other when none is to wait', () => {
  const lines: string[] = [];
  const display = createLines((line) => lines.push(line), { every: 0 });
  display.show({ ...half, listed: false });
  display.show({ ...half, listed: false, files: 6 });
  expect(lines).toEqual([
    'copying | 50% | 1.0 of 2.0 KiB+ | 5 of 10+ files',
    expect.stringMatching(/^copying \| 50% \| 1\.0 of 2\.0 KiB\+ \| 6 of 10\+ files, [\d,]+ files\/s$/u),
  ]);
});

test('before anything is counted only the state is shown, with what has to end first', () => {
  const lines: string[] = [];
  const display = createLines((line) => lines.push(line), { every: 60_000 });
  const nothing = { ...half, listed: false, totalFiles: 0, totalBytes: 0, files: 0, bytes: 0 };
  display.show({ ...nothing, phase: 'waiting', waitingFor: 'backup nightly' });
  display.show({ ...nothing, phase: 'marking' });
  expect(lines).toEqual(['waiting for backup nightly', 'marking']);
});

test('the line shows the share done and leaves a clean line and the cursor behind', () => {
  const { stream, written } = terminal();
  const display = createBar(stream);
  display.show(half);
  display.close();
  display.close();
  expect(written()).toContain('starting');
  expect(written()).toContain('50% | 1.0 of 2.0 KiB | 5 of 10 files | copying');
  expect(written()).toContain(hideCursor);
  expect(written().lastIndexOf(showCursor)).toBeGreaterThan(written().lastIndexOf(hideCursor));
  expect(written().endsWith('\u001B[2K')).toBe(true);
});

test('a note stays above the line, which goes on below', () => {
  const { stream, written } = terminal();
  const display = createBar(stream);
  display.show(half);
  display.note('Stopping');
  display.close();
  const [before = '', after = ''] = written().split('Stopping\n');
  expect(before.endsWith('\u001B[2K')).toBe(true);
  expect(after).toContain('50% | 1.0 of 2.0 KiB');
});

test('the line never says 100% before the end, and then does', () => {
  const { stream, written } = terminal();
  const display = createBar(stream);
  display.show({ ...half, files: 10, bytes: 2048 });
  display.note('');
  expect(written()).not.toContain('100%');
  display.show({ ...half, phase: 'done', files: 10, bytes: 2048 });
  display.close();
  expect(written()).toContain('done | 100%');
});

test('what is being tried again shows with its reason', () => {
  const lines: string[] = [];
  createLines((line) => lines.push(line)).show({
    ...half,
    retrying: { activities: 3, reason: 'storage answered 503' },
  });
  expect(lines[0]).toContain('| 3 trying again: storage answered 503');
});

test('a job that is no backup calls its phases by its own words', () => {
  const lines: string[] = [];
  const display = createLines((line) => lines.push(line), { words: { copying: 'restoring' } });
  display.show(half);
  display.show({ ...half, phase: 'committing' });
  expect(lines).toEqual([
    expect.stringMatching(/^restoring \| 50% \| .* \| 5 of 10/u),
    expect.stringMatching(/^committing \| /u),
  ]);
});
