import { expect, test } from 'vitest';
import type { ListedRun } from '../../../../src/client/sources/all-backups.ts';
import { columns } from '../../../../src/client/cli/render/format.ts';
import { ledgerLines } from '../../../../src/client/cli/render/ledger-text.ts';
import { runListText } from '../../../../src/client/cli/render/run-list.ts';

test('columns are as wide as their widest cell', () => {
  expect(
    columns(
      [
        ['a', '1', 'x'],
        ['bbb', '22', ''],
      ],
      [1],
    ),
  ).toEqual(['a     1  x', 'bbb  22']);
});

const complete: ListedRun = {
  source: null,
  run: '20261121T051430Z-1f3a9c2e',
  state: 'complete',
  startedAt: '2026-11-21T05:14:30.123Z',
  durationMs: 75_500,
  files: 1200,
  bytes: 1536,
  failed: 0,
  root: '/srv/si\nte',
};

test('the list of runs has one line each, whatever is known of them', () => {
  const incomplete: ListedRun = { ...complete, run: '20261121T051429Z-00000000', state: 'incomplete', failed: 3 };
  const unfinished: ListedRun = {
    source: null,
    run: '20261121T051428Z-11111111',
    state: 'unfinished',
    startedAt: '2026-11-21T05:14:28Z',
  };
  expect(runListText([complete, incomplete, unfinished], 'x').split('\n')).toEqual([
    'RUN                        STATE                 STARTED                 DURATION  FILES    BYTES  ROOT',
    '20261121T051430Z-1f3a9c2e  complete              2026-11-21 05:14:30Z  1 min 16 s  1,200  1.5 KiB  /srv/si\uFFFDte',
    '20261121T051429Z-00000000  incomplete, 3 failed  2026-11-21 05:14:30Z  1 min 16 s  1,200  1.5 KiB  /srv/si\uFFFDte',
    '20261121T051428Z-11111111  unfinished            2026-11-21 05:14:28Z           -      -        -  -',
  ]);
  const stopped: ListedRun = { ...unfinished, root: '/srv', stoppedAt: '2026-11-21T05:20:00.123Z' };
  const ends = [stopped, { ...stopped, reason: 'RootUnreadable: x' }].map(
    (run) => runListText([run], 'x').split('\n')[1],
  );
  expect(ends).toEqual([
    '20261121T051428Z-11111111  unfinished, stopped 2026-11-21 05:20:00Z  2026-11-21 05:14:28Z         -      -      -  /srv',
    '20261121T051428Z-11111111  unfinished, failed 2026-11-21 05:20:00Z  2026-11-21 05:14:28Z         -      -      -  /srv',
  ]);
});

test('it has tags where there are any, and tells which runs are forgotten', () => {
  const tagged: ListedRun = { ...complete, root: '/srv', tags: ['nightly', 'eu'] };
  const forgotten: ListedRun = { ...complete, root: '/srv', forgottenAt: '2026-11-21T06:00:00Z' };
  expect(runListText([tagged, forgotten], 'x').split('\n')).toEqual([
    'RUN                        STATE                STARTED                 DURATION  FILES    BYTES  TAGS         ROOT',
    '20261121T051430Z-1f3a9c2e  complete             2026-11-21 05:14:30Z  1 min 16 s  1,200  1.5 KiB  nightly, eu  /srv',
    '20261121T051430Z-1f3a9c2e  forgotten, complete  2026-11-21 05:14:30Z  1 min 16 s  1,200  1.5 KiB  -            /srv',
  ]);
});

test('it has sources where there are any', () => {
  const named: ListedRun = { ...complete, root: '/srv', source: 'web' };
  expect(runListText([named, { ...complete, root: '/etc' }], 'x').split('\n')).toEqual([
    'RUN                        STATE     STARTED                 DURATION  FILES    BYTES  SOURCE  ROOT',
    '20261121T051430Z-1f3a9c2e  complete  2026-11-21 05:14:30Z  1 min 16 s  1,200  1.5 KiB  web     /srv',
    '20261121T051430Z-1f3a9c2e  complete  2026-11-21 05:14:30Z  1 min 16 s  1,200  1.5 KiB  -       /etc',
  ]);
});

test('an empty history says where it was looked for', () => {
  expect(runListText([], 'http://storage/backups')).toBe('No runs in http://storage/backups');
});

async function* rows() {
  yield { path: 'd', encodedPath: 'd', kind: 'directory', outcome: 'recorded', attempts: 0 };
  yield {
    path: 'd/a\u001Bb',
    encodedPath: 'd/a%1Bb',
    kind: 'file',
    outcome: 'uploaded',
    attempts: 1,
    bytes: 1_048_576,
    sha256: 'ab'.repeat(32),
  };
  yield* [
    { path: 'e', encodedPath: 'e', outcome: 'failed', attempts: 3, bytes: 1, reason: 'EACCES: permission denied' },
  ];
}

test('a ledger for people has columns, and the counts below', async () => {
  expect(await Array.fromAsync(ledgerLines(rows(), { json: false }))).toEqual([
    'OUTCOME    TRIES            BYTES  SHA-256       PATH',
    'recorded       0                -  -             d/',
    'uploaded       1        1,048,576  abababababab  d/a\uFFFDb',
    'failed         3                1  -             e: EACCES: permission denied',
    '3 paths, 1,048,577 bytes: 1 recorded, 1 uploaded, 1 failed',
  ]);
});

test('a ledger for programs has one object a line, whole', async () => {
  const lines = await Array.fromAsync(ledgerLines(rows(), { json: true }));
  expect(lines.map((line) => JSON.parse(line))).toEqual(await Array.fromAsync(rows()));
});
