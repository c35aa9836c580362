import fc from 'fast-check';
import { expect, test } from 'vitest';
import { expandBraces, sizeOfExpansion } from '../../../src/contracts/globs/expand-braces.ts';
import { budgetFault } from '../../../src/contracts/globs/glob-budget.ts';
import { compileGlob, namesOf } from '../../../src/contracts/globs/glob.ts';

const matcherOf = (glob: string) => {
  const matches = compileGlob(glob);
  return (path: string) => matches(namesOf(path));
};

test.each([
  ['a/b', ['a/b'], ['a', 'a/b/c', 'ab']],
  ['a/*', ['a/b', 'a/.b', 'a/new\nline'], ['a', 'a/b/c']],
  ['*', ['a', '.a', '😀'], ['a/b']],
  ['a*b*c', ['abc', 'aXbYc', 'abcbc'], ['ab', 'abcd', 'a/b/c']],
  ['**', ['a', 'a/b/c'], []],
  ['**/x', ['x', 'a/x', 'a/b/x'], ['a/x/b', 'ax']],
  ['a/**', ['a', 'a/b', 'a/b/c'], ['b', 'ab']],
  ['a/**/x/**/z', ['a/x/z', 'a/b/x/c/z', 'a/x/x/z/z'], ['a/z', 'a/x/z/b']],
  ['a**b', ['ab', 'aXXb'], ['a/b']],
  ['?', ['a', '😀', 'é'], ['', 'ab']],
  ['[a-c]x', ['ax', 'cx'], ['dx', '-x']],
  ['[!a-c]x', ['dx', '😀x'], ['ax']],
  ['[^a]', ['b'], ['a']],
  ['[]a]', [']', 'a'], ['b', '[]a]']],
  ['[a-]', ['a', '-'], ['b']],
  ['[a', ['[a'], ['a']],
  ['{a,b}.txt', ['a.txt', 'b.txt'], ['{a,b}.txt', 'c.txt']],
  ['{a,b{c,d}}x', ['ax', 'bcx', 'bdx'], ['bx']],
  ['{a/b,c}/*', ['a/b/x', 'c/x'], ['a/x']],
  ['{a}', ['{a}'], ['a']],
  [String.raw`\*\{a,b\}`, ['*{a,b}'], ['xa', 'xb']],
  ['!x', ['!x'], ['y']],
  ['+(a)', ['+(a)'], ['a']],
])('%s matches %j and not %j', (glob, fitting, others) => {
  const matches = matcherOf(glob);
  expect([...fitting, ...others].filter((path) => matches(path))).toEqual(fitting);
});

test('every path matches itself with any of its characters given up', () => {
  const path = fc.array(fc.stringMatching(/^[a-c.]{1,6}$/u), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(path, fc.infiniteStream(fc.nat(4)), (segments, choices) => {
      const hide = (character: string) =>
        ['*', '?', '**', character, `[${character}]`][choices.next().value ?? 0] ?? '';
      const glob = segments.map((segment) => Array.from(segment, hide).join('')).join('/');
      expect(matcherOf(glob)(segments.join('/'))).toBe(true);
      expect(matcherOf(`${glob}/no`)(segments.join('/'))).toBe(false);
    }),
  );
});

test('what a glob stands for is counted as it is written out', () => {
  const piece = fc.constantFrom('a', 'b/', '*', ',', '{', '}', '{', '}', ',', '\\', '\\{', '[x]');
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 16 }), (pieces) => {
      const expanded = expandBraces(pieces.join(''));
      const characters = expanded.reduce((sum, { length }) => sum + length, 0);
      expect(sizeOfExpansion(pieces.join(''))).toEqual({ alternatives: expanded.length, characters });
    }),
  );
  expect(expandBraces('{a,b{c,d}}x{y')).toEqual(['ax{y', 'bcx{y', 'bdx{y']);
});

test.each([
  ['{a,b}'.repeat(9) + 'x'.repeat(11_000), 'has more than 4096 characters'],
  ['{a,b}'.repeat(9) + 'x'.repeat(4000), 'must not stand for more than 65536 characters in all'],
  ['{a,b}'.repeat(800), 'stands for more than 1000 globs'],
  ['{,'.repeat(1300) + '}'.repeat(1300), 'stands for more than 1000 globs'],
])('a glob beyond the budget is refused before it is written out', (glob, fault) => {
  expect(() => compileGlob(glob)).toThrow(
    expect.objectContaining({ type: 'InvalidInput', message: expect.stringContaining(fault) }),
  );
});

test('globs of one input count together', () => {
  const globs = Array.from({ length: 5000 }, (_, i) => `*.${i}`);
  expect(budgetFault(globs)).toBeUndefined();
  expect(budgetFault([...globs, '*'])?.message).toContain('more than 5000 globs in all');
  expect(budgetFault(Array<string>(17).fill('x'.repeat(4000)))?.message).toContain('more than 65536 characters in all');
});

test('no glob takes for ever', () => {
  expect(matcherOf(`${'*a'.repeat(100)}b`)('a'.repeat(255))).toBe(false);
  expect(matcherOf(`${'**/a/'.repeat(100)}b`)('a/'.repeat(2000))).toBe(false);
  expect(() => compileGlob('{a,b}'.repeat(40))).toThrow(
    expect.objectContaining({ type: 'InvalidInput', message: expect.stringContaining('more than 1000') }),
  );
});
