import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  comparePaths,
  decodePath,
  displayPath,
  encodePath,
  encodeSegment,
  encodeText,
} from '../../src/contracts/encoded-path.ts';
import { fileName, filePath } from '../support/names.ts';

test('any name comes back byte for byte', () => {
  fc.assert(
    fc.property(fileName, (name) => {
      expect(decodePath(encodeSegment(name))).toEqual(name);
    }),
    { numRuns: 2000 },
  );
  fc.assert(
    fc.property(filePath, (path) => {
      expect(decodePath(encodePath(path))).toEqual(path);
    }),
  );
});

test('any bytes that are no name, as the target of a symlink, come back byte for byte', () => {
  const target = fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes));
  fc.assert(
    fc.property(target, (bytes) => {
      expect(decodePath(encodeText(bytes))).toEqual(bytes);
    }),
  );
  expect(encodeText(Buffer.from('../up/.'))).toBe('../up/.');
});

test('`.` and `..` are encoded, and come back', () => {
  expect(encodeSegment(Buffer.from('.'))).toBe('%2E');
  expect(encodeSegment(Buffer.from('..'))).toBe('%2E%2E');
  expect(decodePath('%2E%2E/%2E')).toEqual(Buffer.from('../.'));
});

test('a plain path stays as it is', () => {
  const plain = fc
    .string({ unit: fc.nat(94).map((i) => String.fromCharCode(i + 32)) })
    .filter((path) => !/[%\\]|^$|^\/|\/$|\/\/|[. ](?:\/|$)/u.test(path));
  fc.assert(
    fc.property(plain, (path) => {
      expect(encodePath(Buffer.from(path))).toBe(path);
    }),
  );
});

test('text beyond ASCII stays as it is, and its composed and decomposed forms stay apart', () => {
  for (const name of ['é', 'e\u0301', '漢字.txt', '😀', '\ufeffbom'])
    expect(encodeSegment(Buffer.from(name))).toBe(name);
});

test.each([
  ['invalid UTF-8', Buffer.from('61c328', 'hex'), 'a%C3('],
  ['a cut character after a whole one', Buffer.from('c3a9e282', 'hex'), 'é%E2%82'],
  ['an encoded surrogate', Buffer.from('eda080', 'hex'), '%ED%A0%80'],
  ['a percent sign', Buffer.from('50%41'), '50%2541'],
  ['a backslash', Buffer.from('a\\b'), 'a%5Cb'],
  ['a newline and a DEL', Buffer.from('a\n\u007f'), 'a%0A%7F'],
  ['U+FFFD', Buffer.from('\ufffd'), '%EF%BF%BD'],
  ['a final dot', Buffer.from('a..'), 'a.%2E'],
  ['a final space', Buffer.from('a  '), 'a %20'],
])('%s is escaped', (_, bytes, encoded) => {
  expect(encodeSegment(bytes)).toBe(encoded);
});

test('no encoded name holds what Azure refuses or rewrites', () => {
  fc.assert(
    fc.property(filePath, (path) => {
      const encoded = encodePath(path);
      expect(encoded).not.toMatch(/[\\\p{Cc}\ufffd-\uffff]/u);
      expect(encoded.isWellFormed()).toBe(true);
      expect(encoded.split('/').filter((segment) => /^$|^\.{1,2}$|[. ]$/u.test(segment))).toEqual([]);
    }),
    { numRuns: 1000 },
  );
});

test('distinct paths have distinct encodings', () => {
  fc.assert(
    fc.property(filePath, filePath, (a, b) => {
      expect(encodePath(a) === encodePath(b)).toBe(a.equals(b));
    }),
  );
});

test('an empty segment and one that holds a slash are refused', () => {
  expect(() => encodeSegment(Buffer.alloc(0))).toThrow(TypeError);
  expect(() => encodeSegment(Buffer.from('a/b'))).toThrow(TypeError);
  expect(() => encodePath(Buffer.from('a//b'))).toThrow(TypeError);
});

test('paths compare as their UTF-8 bytes do', () => {
  const text = fc.string({
    unit: fc.constantFrom('a', '/', '.', 'é', '\uffee', '\ue000', '😀', '𐀀', '漢'),
    maxLength: 6,
  });
  fc.assert(
    fc.property(text, text, (a, b) => {
      expect(Math.sign(comparePaths(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
    }),
    { numRuns: 2000 },
  );
});

test('a path is shown as it is where it is text, with U+FFFD for other bytes', () => {
  expect(displayPath('50%25/a%0Ab')).toBe('50%/a\nb');
  expect(displayPath('a%FF')).toBe('a\ufffd');
});
