import { lutimes, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  isSameFile,
  isSameTime,
  mtimeSeconds,
  restoredMode,
} from '../../../src/activities/restore/target/attributes.ts';
import { temporaryDirectory } from '../../support/tree.ts';

test('every time from 1902 to 2100 comes back to the microsecond, and whole seconds exactly', async () => {
  const file = join(await temporaryDirectory(), 'file');
  await writeFile(file, '');
  const time = fc.bigInt({ min: -2_145_916_800_000_000_000n, max: 4_102_444_800_000_000_000n });
  await fc.assert(
    fc.asyncProperty(time, async (ns) => {
      const mtimeNs = String(ns);
      await utimes(file, 0, mtimeSeconds({ mtimeNs }));
      expect(isSameTime(await stat(file, { bigint: true }), { mtimeNs })).toBe(true);
      const whole = String(ns - (ns % 1_000_000_000n));
      await lutimes(file, 0, mtimeSeconds({ mtimeNs: whole }));
      expect(String((await stat(file, { bigint: true })).mtimeNs)).toBe(whole);
    }),
    { numRuns: 500 },
  );
});

test('a file is the same when its size, time and permissions are, with or without the bits that do not come back', async () => {
  const file = join(await temporaryDirectory(), 'file');
  await writeFile(file, 'abc', { mode: 0o755 });
  await utimes(file, 0, 1000);
  const found = await stat(file, { bigint: true });
  const entry = { size: 3, mtimeNs: '1000000000999', mode: 0o755 };
  expect(restoredMode({ mode: 0o7755 })).toBe(0o1755);
  for (const same of [entry, { ...entry, mode: 0o4755 }]) expect(isSameFile(found, same)).toBe(true);
  const others = [
    { ...entry, size: 4 },
    { ...entry, mtimeNs: '1000000001000' },
    { ...entry, mtimeNs: '999999999999' },
    { ...entry, mode: 0o644 },
  ];
  for (const other of others) expect(isSameFile(found, other)).toBe(false);
});
