import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkEntry } from '../../../src/history/entries/check-entry.ts';
import { decodePath, encodePath, encodeText } from '../../../src/contracts/encoded-path.ts';
import type { ManifestEntry } from '../../../src/contracts/manifest.ts';
import { fileEntry, folderEntry } from '../records/rig.ts';

const wrong = (message: string) => ({ wrong: expect.stringContaining(message) });
const link = (target: string) => ({ ...folderEntry('l'), kind: 'symlink' as const, target });

describe('what a backup writes passes as it is', () => {
  test.each<[string, ManifestEntry]>([
    ['a file', fileEntry('a/b.txt')],
    ['an unchanged file', fileEntry('a', { outcome: 'unchanged' })],
    ['an adopted file', fileEntry('a', { outcome: 'adopted' })],
    ['an empty file', fileEntry('a', { size: 0 })],
    ['a file from before 1970', fileEntry('a', { mtimeNs: '-1' })],
    ['a file of another moment than the one that was listed', fileEntry('a', { attempts: 3 })],
    ['a directory', folderEntry('a/b')],
    ['a symlink', link('../../etc/passwd')],
    ['a symlink to a name that is not UTF-8', link(encodeText(Buffer.from('caf\xe9', 'latin1')))],
    ['a directory that could not be listed', { ...folderEntry('a'), outcome: 'failed', reason: 'EACCES', attempts: 1 }],
    ['a file that failed', { ...folderEntry('a'), kind: 'file', outcome: 'failed', reason: 'EIO', busy: true }],
    ['a file that vanished', { ...folderEntry('a'), kind: 'file', outcome: 'skipped', reason: 'vanished' }],
    ['a socket', { ...folderEntry('a'), kind: 'other', outcome: 'skipped', reason: 'a socket' }],
    ['a name that ends in a dot', fileEntry('a%2E')],
    ['a name of three dots', fileEntry(encodePath(Buffer.from('...')))],
    ['a name with a percent sign', fileEntry('50%25')],
    ['a name that begins with two dots', fileEntry('..a/..b')],
  ])('%s', (_, entry) => {
    expect(checkEntry(entry, '')).toEqual({ entry });
  });

  test('any path that a directory can have', () => {
    const segment = fc
      .uint8Array({ minLength: 1, maxLength: 6 })
      .map((bytes) => Buffer.from(bytes))
      .filter(
        (bytes) => !bytes.includes(0) && !bytes.includes(0x2f) && !['.', '..'].includes(bytes.toString('latin1')),
      );
    fc.assert(
      fc.property(fc.array(segment, { minLength: 1, maxLength: 4 }), (segments) => {
        const bytes = segments.reduce((path, name) => Buffer.concat([path, Buffer.from('/'), name]));
        const entry = fileEntry(encodePath(bytes));
        expect(checkEntry(entry, '')).toEqual({ entry });
      }),
    );
  });

  test('fields of a later version are left out', () => {
    expect(checkEntry({ ...fileEntry('a'), owner: 'root', before: {} }, '')).toEqual({ entry: fileEntry('a') });
  });
});

describe('a path that leads elsewhere is refused', () => {
  test.each([
    ['empty', ''],
    ['absolute', '/etc/passwd'],
    ['the folder itself', '.'],
    ['the folder itself, encoded', '%2E'],
    ['the folder above', '..'],
    ['the folder above, encoded', '%2E%2E'],
    ['the folder above, half encoded', '.%2E'],
    ['the folder above, in lower case', '%2e%2e'],
    ['up and out', '../x'],
    ['up from within', 'a/../../x'],
    ['up from within, encoded', 'a/%2E%2E/%2E%2E/x'],
    ['by way of the folder itself', 'a/./b'],
    ['by way of the folder itself, encoded', 'a/%2E/b'],
    ['with an empty segment', 'a//b'],
    ['with a slash at its end', 'a/'],
    ['with an encoded slash', 'a%2Fb'],
    ['with an encoded slash after dots', '..%2F..%2Fetc'],
    ['with a null character', 'a%00b'],
    ['with a bare null character', 'a\0b'],
    ['with a backslash', 'a\\..\\b'],
    ['of another encoding', '%61'],
    ['of a bare percent sign', '50%'],
    ['of half a character', 'a\ud800'],
    ['of the mark of a bad byte', 'a\ufffd'],
  ])('%s', (_, path) => {
    expect(checkEntry(fileEntry(path, { blob: 'srv/a' }), '')).toEqual(wrong('path: '));
    expect(checkEntry({ ...folderEntry('a'), path }, '')).toEqual(wrong('path: '));
  });

  test('whatever passes stays below the target when it is decoded', () => {
    const piece = fc.constantFrom(
      '..',
      '.',
      '/',
      '%2E',
      '%2F',
      '%00',
      '%',
      'a',
      '\\',
      '\0',
      '%5C',
      ' ',
      'é',
      '\ufffd',
      '%C3',
    );
    fc.assert(
      fc.property(fc.array(piece, { minLength: 1, maxLength: 8 }), (pieces) => {
        const checked = checkEntry(fileEntry(pieces.join(''), { blob: 'srv/a' }), '');
        if ('wrong' in checked) return;
        const decoded = decodePath(checked.entry.path).toString('latin1');
        expect(new URL(`file:///target/${encodeURIComponent(decoded).replaceAll('%2F', '/')}`).pathname).toMatch(
          /^\/target\/./u,
        );
        for (const name of decoded.split('/')) expect(name).not.toMatch(/^\.{0,2}$|\0/u);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('content that is no content of the run is refused', () => {
  test.each([
    ['of another prefix', 'other/a', 'hosts/'],
    ['of a prefix that begins alike', 'hosts2/a', 'hosts/'],
    ['the prefix itself', 'hosts/', 'hosts/'],
    ['in the system folder', '.durable-backup/@/runs/x/manifest.json', ''],
    ['in the system folder below the prefix', 'hosts/.durable-backup/x', 'hosts/'],
    ['named as the system folder', '.durable-backup', ''],
    ['by way of the folder above', 'hosts/../.durable-backup/x', 'hosts/'],
    ['by way of the folder itself', 'hosts/./.durable-backup/x', 'hosts/'],
    ['with an empty segment', 'hosts//.durable-backup/x', 'hosts/'],
    ['of no name', '', ''],
    ['of a name longer than Azure has', 'x'.repeat(1025), ''],
  ])('%s', (_, blob, prefix) => {
    expect(checkEntry(fileEntry('a', { blob }), prefix)).toEqual(wrong('blob: '));
  });

  test('a file named like the system folder is a file', () => {
    const entry = fileEntry('a', { blob: '%2Edurable-backup/x' });
    expect(checkEntry(entry, '')).toEqual({ entry });
  });
});

describe('what fits no entry is refused by its field', () => {
  test.each<[string, object]>([
    ['path', { path: 1 }],
    ['kind', { kind: 'device' }],
    ['outcome', { outcome: 'done' }],
    ['size', { size: -1 }],
    ['size', { size: 1.5 }],
    ['size', { size: 1e300 }],
    ['size', { size: '1' }],
    ['mtimeNs', { mtimeNs: 5 }],
    ['mtimeNs', { mtimeNs: '1e9' }],
    ['ctimeNs', { ctimeNs: '9'.repeat(31) }],
    ['mode', { mode: 0o10000 }],
    ['mode', { mode: -1 }],
    ['attempts', { attempts: null }],
    ['sha256', { sha256: 'A'.repeat(64) }],
    ['sha256', { sha256: '0'.repeat(63) }],
    ['etag', { etag: '' }],
    ['busy', { busy: 'yes' }],
    ['reason', { reason: {} }],
    ['blob, etag and sha256', { blob: undefined }],
    ['blob, etag and sha256', { etag: undefined }],
    ['blob, etag and sha256', { sha256: undefined }],
    ['outcome', { outcome: 'recorded' }],
    ['outcome', { kind: 'directory' }],
    ['outcome', { kind: 'symlink' }],
    ['target', { target: 'x' }],
  ])('%s: %j', (field, given) => {
    const entry = JSON.parse(JSON.stringify({ ...fileEntry('a'), ...given })) as unknown;
    expect(checkEntry(entry, '')).toEqual({ wrong: expect.stringMatching(new RegExp(`^${field}: `, 'u')) });
  });

  test.each(['', '%00', 'a\0', '%2', '%61', '\ud800'])('target: %j', (target) => {
    expect(checkEntry(link(target), '')).toEqual(wrong('target: '));
  });

  test.each([null, 1, 'a', [], [fileEntry('a')], {}])('no entry at all: %j', (line) => {
    expect(checkEntry(line, '')).toHaveProperty('wrong');
  });

  test('a symlink without a target', () => {
    const { target: _, ...entry } = link('x');
    expect(checkEntry(entry, '')).toEqual(wrong('target: '));
  });
});
