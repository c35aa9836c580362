import { expect, test } from 'vitest';
import { askedPath, compilePathGlob, globFault } from '../../../src/contracts/globs/path-glob.ts';

const asked = (path: string) => askedPath(path.replace(/\/$/u, ''), path.endsWith('/'));

test.each([
  ['*.log', ['a.log', 'd/e/a.log', 'd.log/'], ['a.log.gz', 'log', 'a.log/b']],
  ['build', ['build', 'build/', 'a/build/'], ['builds', 'a/build/b']],
  ['build/', ['build/', 'a/build/'], ['build', 'a/build']],
  ['/build', ['build', 'build/'], ['a/build']],
  ['/build/', ['build/'], ['build', 'a/build/']],
  ['a/b', ['a/b', 'a/b/'], ['x/a/b', 'a/b/c', 'b']],
  ['a/*.pdf', ['a/x.pdf'], ['a/b/x.pdf', 'x.pdf']],
  ['**/a/b', ['a/b', 'x/a/b', 'x/y/a/b'], ['a/x/b']],
  ['a/**/b', ['a/b', 'a/x/b', 'a/x/y/b'], ['b', 'x/a/b']],
  ['a/**', ['a/b', 'a/b/c'], ['a', 'a/', 'ab']],
  ['{a,b/c}.txt', ['a.txt', 'x/a.txt', 'b/c.txt'], ['x/b/c.txt', 'c.txt']],
  ['[ab]?', ['a1', 'x/bz'], ['c1', 'a', 'a12']],
  [String.raw`\*`, ['*', 'x/*'], ['a']],
  [String.raw`\!a`, ['!a'], ['a']],
  ['*', ['a', 'a/b', 'a/'], []],
  ['a b', ['a b', 'x/a b/'], ['a', 'b']],
] as const)('%s matches %j, and not %j', (glob, matching, others) => {
  const { matches } = compilePathGlob(glob);
  expect(matching.filter((path) => !matches(asked(path)))).toEqual([]);
  expect(others.filter((path) => matches(asked(path)))).toEqual([]);
});

test.each([
  ['*.log', ['a', 'a/b'], []],
  ['/a/b/*.log', ['a', 'a/b'], ['b', 'a/c', 'a/b/c']],
  ['a/*/c', ['a', 'a/x'], ['b', 'a/x/c']],
  ['a/**/c', ['a', 'a/x', 'a/x/y'], ['b']],
  ['**/c', ['a', 'a/b'], []],
  ['{a,b/c}/d', ['a', 'b', 'b/c'], ['c', 'a/d', 'b/d']],
  ['a*/?/**/d/e', ['a', 'ab/c', 'a/b/c/x'], ['b', 'a/bc', 'b/c/d']],
  ['/a/', [], ['a', 'b']],
] as const)('something that %s matches may be in %j, and not in %j', (glob, folders, others) => {
  const { mayMatchIn } = compilePathGlob(glob);
  expect(folders.filter((folder) => !mayMatchIn(asked(`${folder}/`)))).toEqual([]);
  expect(others.filter((folder) => mayMatchIn(asked(`${folder}/`)))).toEqual([]);
});

test.each([
  ['', 'names nothing'],
  ['//', 'names nothing'],
  ['!a', String.raw`write \!`],
  ['a\0', 'null character'],
  ['../a', 'not relative'],
  ['./a', 'not relative'],
  ['a//b', 'not relative'],
  ['a/./b', 'not relative'],
  [`${'a/'.repeat(200)}b`, 'more than 200 segments'],
])('%j is no glob: it %s', (glob, fault) => {
  expect(globFault(glob)).toContain(fault);
});

test.each(['a', `/${'a/'.repeat(200)}`, '/a', 'a/', '/a/b/', '*.log', '...', '.a'])('%s is a glob', (glob) => {
  expect(globFault(glob)).toBeUndefined();
});
