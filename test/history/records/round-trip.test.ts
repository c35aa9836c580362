import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkWhole } from '../../../src/history/entries/read-below.ts';
import { readEntries } from '../../../src/history/entries/read-entries.ts';
import { readManifest } from '../../../src/history/records/read-manifest.ts';
import type { Run } from '../../../src/contracts/backup.ts';
import { comparePaths, encodePath, encodeText } from '../../../src/contracts/encoded-path.ts';
import { entryKey, type FileOutcome, type PageEntry } from '../../../src/contracts/manifest.ts';
import { writeRecord } from '../../../src/history/records/own-record.ts';
import { toCheckedLines } from '../../../src/storage/ndjson.ts';
import { runLayout } from '../../../src/storage/run-layout.ts';
import { openRig, perform, type Rig } from '../../activities/rig.ts';
import { readManifest as readStored } from '../../support/stored-run.ts';
import { signal } from '../../storage/rig.ts';
import { sha256 } from './rig.ts';

const times = { startedAt: '2026-01-02T03:04:05.678Z', finishedAt: '2026-01-02T03:05:00.000Z' };

/** A line of a page, and what became of it if it was copied. */
interface Listed {
  readonly entry: PageEntry;
  readonly outcome?: FileOutcome;
}

const nanoseconds = fc.bigInt({ min: -(10n ** 18n), max: 10n ** 19n }).map(String);
const name = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.string({
      unit: fc.constantFrom('a', 'b', '.', '!', ' ', '%', 'é', '😀', '\ue000'),
      minLength: 1,
      maxLength: 3,
    }),
  },
  { weight: 1, arbitrary: fc.constantFrom('x'.repeat(255), `${'x'.repeat(251)}😀`, '\n', '\\', '...', '\ufffd') },
);
const path = fc
  .array(
    name.filter((text) => text !== '.' && text !== '..'),
    { minLength: 1, maxLength: 5 },
  )
  .map((names) => encodePath(Buffer.from(names.join('/'))));
const attributes = fc.record({
  size: fc.nat(2 ** 40),
  mtimeNs: nanoseconds,
  ctimeNs: nanoseconds,
  mode: fc.nat(0o7777),
});

const listed: fc.Arbitrary<Listed> = fc
  .record({ path, attributes, now: attributes, seed: fc.nat(), state: fc.nat(9), busy: fc.boolean() })
  .map(({ path, attributes, now, seed, state, busy }) => {
    const stored = {
      blob: `srv/${path}`.slice(0, 1000).replace(/\/+$/u, ''),
      etag: `"0x${seed}"`,
      sha256: sha256(`${seed}`),
    };
    const file = { path, kind: 'file' as const, ...attributes };
    const copied = { entry: { ...file, copy: 0 } };
    const outcome = { path, ...now, attempts: 1 + (seed % 3) };
    const kinds: readonly (() => Listed)[] = [
      () => ({ entry: { ...file, kind: 'directory' } }),
      () => ({ entry: { ...file, kind: 'symlink', target: encodeText(Buffer.from(`../${seed}/\xff`, 'latin1')) } }),
      () => ({ entry: { ...file, kind: 'other' } }),
      () => ({ entry: { ...file, kind: 'directory', error: 'EACCES: permission denied' } }),
      () => ({ entry: { ...file, before: { ...stored, size: attributes.size } } }),
      () => ({ ...copied, outcome: { ...outcome, ...stored, outcome: 'uploaded' } }),
      () => ({ ...copied, outcome: { ...outcome, ...stored, outcome: 'adopted' } }),
      () => ({ ...copied, outcome: { ...outcome, outcome: 'failed', reason: 'EIO\n', ...(busy && { busy: true }) } }),
      () => ({ ...copied, outcome: { ...outcome, outcome: 'skipped', reason: 'vanished after it was listed' } }),
      () => copied,
    ];
    return (kinds[state] as () => Listed)();
  });

const listing = fc
  .uniqueArray(listed, { selector: ({ entry }) => entryKey(entry), maxLength: 30 })
  .map((lines) => lines.toSorted((a, b) => comparePaths(entryKey(a.entry), entryKey(b.entry))));

/** Writes the pages and outcomes that a listing and its copies would, lets them be sealed and committed. */
async function backUp(rig: Rig, run: Run, lines: readonly Listed[], pageEntries: number): Promise<string> {
  const layout = runLayout(run);
  for (let page = 0; page * pageEntries < Math.max(lines.length, 1); page += 1) {
    const part = lines.slice(page * pageEntries, (page + 1) * pageEntries);
    const outcomes = part.flatMap(({ outcome }) => outcome ?? []);
    await writeRecord(rig.deps.store, layout.page(page), toCheckedLines(part.map(({ entry }) => entry)), { signal });
    await writeRecord(rig.deps.store, layout.outcome(page, 0), toCheckedLines(outcomes), { signal });
    await perform(rig.activities.sealPage, [run, page, []]);
  }
  return (await perform(rig.activities.commitRun, [run, times])).manifest;
}

test('what sealPage and commitRun write is read back the same, from any point on', async () => {
  const rig = await openRig();
  let runs = 0;
  await fc.assert(
    fc.asyncProperty(
      listing,
      fc.integer({ min: 1, max: 9 }),
      fc.array(path, { maxLength: 3 }),
      async (lines, pageEntries, others) => {
        const run = { ...rig.run, prefix: 'srv/', id: `20260102T030405Z-${String((runs += 1)).padStart(8, '0')}` };
        const written = await readStored(rig.container, await backUp(rig, run, lines, pageEntries));
        const stored = await readManifest(rig.deps.store, run, signal);
        expect(stored?.manifest).toEqual(written.manifest);
        const manifest = stored?.manifest ?? written.manifest;
        await checkWhole(rig.deps.store, manifest, signal);
        expect(written.entries.map(entryKey)).toEqual(lines.map(({ entry }) => entryKey(entry)));
        expect(await Array.fromAsync(readEntries(rig.deps.store, manifest, {}, signal))).toEqual(written.entries);
        for (const after of [...written.entries.filter((_, i) => i % 4 === 0).map(entryKey), ...others, '']) {
          const rest = written.entries.filter((entry) => comparePaths(entryKey(entry), after) > 0);
          expect(await Array.fromAsync(readEntries(rig.deps.store, manifest, { after }, signal)), after).toEqual(rest);
        }
      },
    ),
    { numRuns: 25 },
  );
  expect(runs).toBeGreaterThanOrEqual(25);
});
