import fc from 'fast-check';
import { expect, test } from 'vitest';
import { joinByPath } from '../../../src/history/entries/join-by-path.ts';
import { comparePaths } from '../../../src/contracts/encoded-path.ts';
import { entryKey, type EntryKind } from '../../../src/contracts/manifest.ts';

interface Entry {
  readonly path: string;
  readonly kind: EntryKind;
  readonly source: number;
}

// A few names that go on from each other, below and above the slash, so that files and folders of one path are far apart.
const path = fc.stringMatching(/^[a!.0\u{ffff}\u{10000}]{1,4}(?:\/[a!]{1,2})?$/u);
const run = (source: number) =>
  fc
    .uniqueArray(fc.record({ path, kind: fc.constantFrom('file', 'directory', 'symlink') }), {
      selector: (entry) => entry.path,
      maxLength: 30,
    })
    .map((entries) => entries.map((entry): Entry => ({ ...entry, source })))
    .map((entries) => entries.toSorted((a, b) => comparePaths(entryKey(a), entryKey(b))));

async function* source<E>(entries: readonly E[], whenClosed = () => {}): AsyncGenerator<E> {
  try {
    yield* entries;
  } finally {
    whenClosed();
  }
}

test('each path comes once, with what every run has there', async () => {
  const property = fc.asyncProperty(run(0), run(1), run(2), async (...runs) => {
    const joined = await Array.fromAsync(joinByPath(runs.map((entries) => source(entries))));
    const byPath = runs.map((entries) => new Map(entries.map((entry) => [entry.path, entry])));
    const all = [...new Set(runs.flat().map((entry) => entry.path))];
    const wanted = all
      .toSorted((a, b) => comparePaths(`${a}/`, `${b}/`))
      .map((one) => byPath.map((entries) => entries.get(one)));
    expect(joined).toEqual(wanted);
  });
  await fc.assert(property, { numRuns: 500 });
});

test('no more is read than is asked for, and sources are let go', async () => {
  let read = 0;
  let closed = 0;
  async function* endless(): AsyncGenerator<Entry> {
    try {
      for (;;) yield { path: `f${String((read += 1)).padStart(9, '0')}`, kind: 'file', source: 0 };
    } finally {
      closed += 1;
    }
  }
  const joining = joinByPath([endless(), source<Entry>([], () => (closed += 1))]);
  for (let i = 0; i < 10; i += 1) await joining.next();
  await joining.return(undefined);
  expect(read).toBeLessThan(15);
  expect(closed).toBe(2);
});
