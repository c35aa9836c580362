import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  beginningOf,
  meantBy,
  normalizePath,
  normalizePattern,
  pathMatcher,
} from '../../../src/contracts/globs/path-pattern.ts';
import { askedPath, compilePathGlob } from '../../../src/contracts/globs/path-glob.ts';
import { encodePath } from '../../../src/contracts/encoded-path.ts';
import { nearestName } from '../../../src/lib/nearest-name.ts';

test.each([
  ['a/b', 'a/b'],
  ['assets/*.png', 'assets/'],
  ['logs/2026-*/x', 'logs/2026-'],
  ['**/x', ''],
  ['a./b', 'a%2E/b'],
  ['a/b. *', 'a/b'],
  ['d/a\u0001b', 'd/a%01b'],
  ['d/a%01b', 'd/a'],
  [String.raw`/a\*b`, 'a'],
  ['{a,b}/c', ''],
  ['a', ''],
  ['*.log', ''],
  ['/a', 'a'],
  ['a/', ''],
  ['a/b/', 'a/b'],
])('what %j finds begins with %j', (text, beginning) => {
  expect(beginningOf(text)).toBe(beginning);
});

test('whatever is found begins as is said', () => {
  const character = fc.constantFrom('a', 'b', '.', ' ', '%', '0', '1', '\u0001', '\ufffd', '😀', '\\', '[', '{', ',');
  const name = fc
    .string({ unit: character, minLength: 1, maxLength: 4 })
    .filter((text) => text !== '.' && text !== '..');
  const path = fc.array(name, { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(path, fc.infiniteStream(fc.nat(5)), (names, choices) => {
      const hide = (text: string) => [text, text, text, '*', '?'.repeat(Array.from(text).length), '**'];
      const pattern = names.map((text) => hide(text)[choices.next().value ?? 0]).join('/');
      const encoded = encodePath(Buffer.from(names.join('/')));
      for (const text of [pattern, encoded]) {
        const isFound = pathMatcher([text])(encoded, false);
        expect(!isFound || encoded.startsWith(beginningOf(text))).toBe(true);
      }
      expect(pathMatcher([encoded])(encoded, false)).toBe(true);
      expect(meantBy(names.join('/'))).toContain(encoded);
    }),
  );
});

test.each(['', '.', '/etc', 'a/../b', 'a//b', 'a\0'])('the path %j is refused by the name of its field', (path) => {
  expect(() => normalizePath(path, 'pattern')).toThrow(
    expect.objectContaining({ type: 'InvalidInput', message: expect.stringMatching(/^pattern: /u) }),
  );
});

test('a text that a run has a path of means that path alone, and otherwise a glob', () => {
  const paths = ['pages/[id].js', 'pages/i.js', 'a%25', 'a%5Cb'];
  const found = (text: string, exact: [string, string][]) => {
    const matches = pathMatcher([text], new Map(exact));
    return paths.filter((path) => matches(path, false));
  };
  expect(found('pages/[id].js', [['pages/[id].js', 'pages/[id].js']])).toEqual(['pages/[id].js']);
  expect(found('pages/[ip].js', [])).toEqual(['pages/i.js']);
  expect(found(String.raw`pages/\[id].js`, [])).toEqual(['pages/[id].js']);
  expect(found('a%25', [])).toEqual(['a%25']);
});

test('no path takes for ever to be read', () => {
  const long = 250_000;
  expect(() => normalizePath(`a${'/'.repeat(long)}x`, 'paths')).toThrow(
    expect.objectContaining({ type: 'InvalidInput' }),
  );
  expect(normalizePath(`${'./'.repeat(long)}x${'/'.repeat(long)}`, 'paths')).toBe('x');
  expect(beginningOf(`/${'.'.repeat(long)}x`)).toHaveLength(long + 1);
  expect(nearestName('x'.repeat(long), ['overwrite'])).toBeUndefined();
});

test('what a caller looks for and what filters leave out is matched by one rule', () => {
  const character = fc.constantFrom('a', 'b', 'b', '.');
  const name = fc
    .string({ unit: character, minLength: 1, maxLength: 2 })
    .filter((text) => text !== '.' && text !== '..' && !text.endsWith('.'));
  const part = fc.oneof(name, fc.constantFrom('*', '**', '?', 'a*', '[ab]', '{a,bb}'));
  const edge = fc.constantFrom('', '/');
  const glob = fc
    .tuple(edge, fc.array(part, { minLength: 1, maxLength: 3 }), edge)
    .map(([a, b, c]) => a + b.join('/') + c);
  fc.assert(
    fc.property(fc.array(name, { minLength: 1, maxLength: 4 }), glob, fc.boolean(), (names, text, isDirectory) => {
      const path = names.join('/');
      expect(pathMatcher([text])(path, isDirectory)).toBe(compilePathGlob(text).matches(askedPath(path, isDirectory)));
    }),
  );
});

test('a pattern keeps the slashes that say what it is about', () => {
  const kept = ['a', '/a', 'a/', '/a/', 'a/b', './a', '././a//', 'a//'].map((text) =>
    normalizePattern(text, 'pattern'),
  );
  expect(kept).toEqual(['a', '/a', 'a/', '/a/', 'a/b', '/a', '/a/', 'a/']);
  for (const text of ['', '.', './', '/', '//a', '/../a', 'a/../b', 'a//b', 'a\0']) {
    expect(() => normalizePattern(text, 'pattern')).toThrow(expect.objectContaining({ type: 'InvalidInput' }));
  }
});
