import fc from 'fast-check';
import { expect, test } from 'vitest';
import { blobFolder, isPlain, mayBeRewritten, blobName, encodeRoot } from '../../../src/history/records/blob-names.ts';
import { createListedBlobs } from '../../../src/activities/verify/listed-blobs.ts';
import { comparePaths } from '../../../src/contracts/encoded-path.ts';
import type { BlobVersion } from '../../../src/storage/blob-store.ts';

const name = fc.stringMatching(/^[ab~/é]{1,4}$/u);
const sorted = (names: readonly string[]) => [...new Set(names)].toSorted(comparePaths);

async function* versions(names: readonly string[], snapshots: number): AsyncGenerator<BlobVersion> {
  await Promise.resolve();
  for (const blob of names) {
    for (let i = 0; i < snapshots; i += 1) yield { name: blob, etag: '', size: i, metadata: {}, snapshot: String(i) };
    yield { name: blob, etag: '', size: snapshots, metadata: {} };
  }
}

test('each name asked for gets all its versions, and each other name is handed on once, as the blob is now', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(name), fc.array(name), fc.nat(3), async (listed, asked, snapshots) => {
      const others: BlobVersion[] = [];
      const blobs = createListedBlobs(versions(sorted(listed), snapshots), async (blob) => void others.push(blob));
      for (const wanted of sorted(asked)) {
        const found = await blobs.versionsOf(wanted);
        expect(found.map(({ size }) => size)).toEqual(listed.includes(wanted) ? [...Array(snapshots + 1).keys()] : []);
        expect(found.every((version) => version.name === wanted)).toBe(true);
      }
      await blobs.rest();
      expect(others.map((blob) => blob.name)).toEqual(sorted(listed.filter((blob) => !asked.includes(blob))));
      expect(others.every((blob) => blob.snapshot === undefined)).toBe(true);
    }),
  );
});

test("a file's blob has its plain name, or one that is known to be rewritten", () => {
  const segment = fc.oneof(
    fc.stringMatching(/^[a-z~.%é]{1,8}$/u).map((text) => `${text}x`),
    fc.stringMatching(/^[0-9a-f]{32}$/u).map((hash) => `a~${hash}`),
    fc.constant('l'.repeat(250)),
    fc.constant('.durable-backup'),
  );
  const path = fc.array(segment, { minLength: 1, maxLength: 6 }).map((segments) => segments.join('/'));
  const root = fc.constantFrom('/', '/srv/site', `/${'r'.repeat(240)}/${'r'.repeat(240)}`);
  fc.assert(
    fc.property(fc.constantFrom('', 'team/'), root, path, (prefix, root, path) => {
      const blob = blobName(prefix, encodeRoot(root, 'linux'), path);
      const plain = isPlain({ blob, path, etag: '', sha256: '', size: 0 }, blobFolder({ prefix, root }));
      expect(plain || mayBeRewritten(blob, prefix)).toBe(true);
    }),
  );
});

test('the folder of a root is what the names of its blobs begin with, on either system', () => {
  expect(blobFolder({ prefix: '', root: '/srv/site/' })).toBe('srv/site/');
  expect(blobFolder({ prefix: 'team/', root: '/' })).toBe('team/');
  expect(blobFolder({ prefix: '', root: 'D:\\home\\x' })).toBe('home/x/');
});
