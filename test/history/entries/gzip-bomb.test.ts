import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { createGzip } from 'node:zlib';
import { expect, test } from 'vitest';
import { readEntries } from '../../../src/history/entries/read-entries.ts';
import { openRig, rejection, signal } from '../../storage/rig.ts';
import { fileEntry, forgeRun, sha256 } from '../records/rig.ts';

const mebibyte = 1024 * 1024;

/** A gzip of so many bytes, made without having them in memory. */
function gzipOf(size: number, byte: string): Promise<Buffer> {
  const piece = Buffer.alloc(mebibyte, byte);
  return buffer(Readable.from(Array<Buffer>(size / mebibyte).fill(piece)).pipe(createGzip({ level: 1 })));
}

// A file of its own, for the most memory that a process ever had is what is measured.
test('a shard that unpacks to a gibibyte is refused, and little of it is ever in memory', async () => {
  const { direct } = await openRig();
  const bomb = await gzipOf(1024 * mebibyte, 'x');
  const { shards, ...rest } = await forgeRun(direct, { shards: [[fileEntry('a')]] });
  await direct.put(shards[0]?.blob ?? '', bomb, { signal });
  const manifest = { ...rest, shards: shards.map((shard) => ({ ...shard, sha256: sha256(bomb) })) };
  const before = process.resourceUsage().maxRSS;
  const error = await rejection(Array.fromAsync(readEntries(direct, manifest, {}, signal)));
  expect(error).toMatchObject({ type: 'ManifestInvalid', message: expect.stringContaining('longer than any entry') });
  expect(process.resourceUsage().maxRSS - before, 'KiB').toBeLessThan(128 * 1024);
});
