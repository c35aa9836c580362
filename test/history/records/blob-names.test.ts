import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { blobName, encodeRoot } from '../../../src/history/records/blob-names.ts';
import { decodePath, encodePath } from '../../../src/contracts/encoded-path.ts';
import { fileName, filePath } from '../../support/names.ts';

const root = fc.constantFrom('', 'srv/site', 'srv', '.durable-backup', 'srv/site/.durable-backup');
const prefix = fc.constantFrom('', 'hosts/web-1/');

function longPath(bytes: number): fc.Arbitrary<Buffer> {
  const names = fc.array(fileName, { minLength: 1, maxLength: 8 });
  return fc.tuple(names, fc.nat(bytes)).map(([pieces, length]) => {
    const path: Buffer[] = [];
    for (let i = 0, total = 0; total <= length; i += 1) {
      const piece = pieces[i % pieces.length] ?? Buffer.from('x');
      path.push(...(i === 0 ? [] : [Buffer.from('/')]), piece);
      total += piece.length + 1;
    }
    return Buffer.concat(path);
  });
}

test.each([
  ['linux', '/srv/site', 'a.txt', 'srv/site/a.txt'],
  ['linux', '/srv//site/', 'b/c.txt', 'srv/site/b/c.txt'],
  ['linux', '/', 'etc/hosts', 'etc/hosts'],
  ['linux', '/srv/a\\b', 'x', 'srv/a%5Cb/x'],
  ['win32', 'D:\\home', 'x', 'home/x'],
  ['win32', 'D:\\home\\site\\', 'x', 'home/site/x'],
  ['win32', 'C:\\', 'x', 'x'],
  ['win32', '\\\\server\\share\\site', 'x', 'site/x'],
] as const)('on %s, %s and %s become %s%s', (platform, directory, path, name) => {
  expect(blobName('', encodeRoot(directory, platform), path)).toBe(name);
});

test('the prefix comes first', () => {
  expect(blobName('hosts/web-1/', 'srv/site', 'a.txt')).toBe('hosts/web-1/srv/site/a.txt');
});

test('a name within the limits tells the path it stands for', () => {
  fc.assert(
    fc.property(filePath, (path) => {
      const name = blobName('', 'srv', encodePath(path));
      expect(decodePath(name)).toEqual(Buffer.concat([Buffer.from('srv/'), path]));
    }),
  );
});

test('no name lies among what the project writes for itself', () => {
  for (const path of ['.durable-backup', '.durable-backup/@/runs/x/manifest.json']) {
    const name = blobName('', '', path);
    expect(name).toBe(`%2E${path.slice(1)}`);
    expect(decodePath(name).toString()).toBe(path);
  }
  fc.assert(
    fc.property(prefix, root, filePath, (before, directory, path) => {
      expect(blobName(before, directory, encodePath(path))).not.toMatch(/^\.durable-backup(?:\/|$)/u);
    }),
  );
});

test('any path gets a name within the limits that a URL leaves alone', () => {
  fc.assert(
    fc.property(prefix, root, longPath(4000), (before, directory, path) => {
      const name = blobName(before, directory, encodePath(path));
      expect(name.length).toBeLessThanOrEqual(1024);
      expect(name.isWellFormed()).toBe(true);
      const segments = name.split('/');
      expect(segments.length).toBeLessThanOrEqual(254);
      expect(segments.filter((segment) => /^$|^\.{1,2}$|[. ]$|[\\\p{Cc}]/u.test(segment))).toEqual([]);
    }),
    { numRuns: 200 },
  );
});

test('a path of 300 one-letter folders is cut', () => {
  const name = blobName('', '', Array.from({ length: 300 }, () => 'd').join('/'));
  expect(name).toMatch(/^(?:d\/){199}d~[0-9a-f]{32}$/u);
});

test('distinct files have distinct names', () => {
  const files = fc.uniqueArray(fc.oneof(filePath, longPath(3000)), {
    minLength: 2,
    maxLength: 6,
    selector: (path) => path.toString('latin1'),
  });
  fc.assert(
    fc.property(prefix, files, (before, paths) => {
      expect(new Set(paths.map((path) => blobName(before, 'srv', encodePath(path)))).size).toBe(paths.length);
    }),
    { numRuns: 200 },
  );
});

test.each([
  ['a long path', 'x'.repeat(2000)],
  ['a deep path', Array.from({ length: 300 }, () => 'd').join('/')],
  ['a path whose cut end is dropped', `a${'.'.repeat(1500)}b`],
])('no file can take the shortened name of %s, which its attacker knows', (_, path) => {
  const shortened = blobName('', '', path);
  expect(shortened).toContain(createHash('sha256').update(path).digest('hex').slice(0, 32));
  const taken = blobName('', '', shortened);
  expect(taken).not.toBe(shortened);
  expect(decodePath(taken).toString()).toBe(shortened);
});

test('a cut never leaves half an escape', () => {
  for (let length = 880; length <= 905; length += 1) {
    const name = blobName(
      '',
      '',
      encodePath(Buffer.concat([Buffer.from('x'.repeat(length)), Buffer.alloc(255, 0xff)])),
    );
    expect(name.slice(0, name.lastIndexOf('~'))).toMatch(/^x+(?:%FF)*$/u);
  }
});
