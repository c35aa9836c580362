import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { writeLines } from '../../../../src/client/cli/render/rows.ts';

/** Lines for ever, with how many were asked for. */
function endless() {
  const asked = { lines: 0 };
  async function* lines() {
    for (;;) {
      asked.lines += 1;
      yield `${asked.lines} ${'x'.repeat(100)}`;
      await Promise.resolve();
    }
  }
  return { asked, lines };
}

test('every line is written, with a line end', async () => {
  const stream = new PassThrough();
  const read = text(stream);
  expect(await writeLines(['a', 'b'], stream)).toBe('written');
  stream.end();
  expect(await read).toBe('a\nb\n');
});

test('no more is asked of the source than the reader takes', async () => {
  const { asked, lines } = endless();
  const stream = new PassThrough({ highWaterMark: 1000 });
  void writeLines(lines(), stream);
  while (!stream.writableNeedDrain) await new Promise(setImmediate);
  const before = asked.lines;
  for (let turn = 0; turn < 50; turn += 1) await new Promise(setImmediate);
  expect(asked.lines).toBe(before);
  expect(asked.lines).toBeLessThan(30);
});

test('a reader that goes away ends it quietly', async () => {
  const reader = spawn('head', ['-n', '1'], { stdio: ['pipe', 'pipe', 'ignore'] });
  const { lines } = endless();
  const taken = text(reader.stdout);
  expect(await writeLines(lines(), reader.stdin)).toBe('unread');
  expect(await taken).toBe(`1 ${'x'.repeat(100)}\n`);
  if (reader.exitCode === null) await once(reader, 'exit');
});

test('what the source throws is thrown, after the lines before it', async () => {
  const stream = new PassThrough();
  async function* lines() {
    yield 'a';
    await Promise.reject(new Error('damaged'));
  }
  await expect(writeLines(lines(), stream)).rejects.toThrow('damaged');
  expect(String(stream.read())).toBe('a\n');
});
