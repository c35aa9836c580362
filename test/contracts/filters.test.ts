import { expect, test } from 'vitest';
import { filtersSchema } from '../../src/contracts/filters.ts';

test('filters are taken as they are', () => {
  const filters = {
    include: ['docs/**', '*.pdf'],
    exclude: ['{a,b}.log'],
    ignoreFiles: false,
    excludeIfPresent: ['.nobackup'],
    largerThan: 0,
    excludeCaches: true,
    oneFileSystem: true,
    followSymlinks: true,
  };
  expect(filtersSchema.parse(filters)).toEqual(filters);
  expect(filtersSchema.parse({})).toEqual({});
});

test.each([
  [{ exclude: ['a', '../b'] }, 'exclude.1', 'is not relative to the root; give it without . and .. and empty segments'],
  [{ include: ['{a,b}'.repeat(12)] }, 'include.0', 'stands for more than 1000 globs'],
  [
    { exclude: Array(6).fill('{a,b,c,d,e,f,g,h,i,j}'.repeat(3)) },
    'exclude',
    'must not stand for more than 5000 globs in all',
  ],
  [{ include: 'a' }, 'include', 'expected array'],
  [{ include: ['x'.repeat(4097)] }, 'include.0', 'Too big'],
  [{ excludeIfPresent: ['a/b'] }, 'excludeIfPresent.0', 'must be a name, without a slash'],
  [{ excludeIfPresent: ['..'] }, 'excludeIfPresent.0', 'must be a name'],
  [{ largerThan: -1 }, 'largerThan', 'Too small'],
  [{ excludes: [] }, '', 'Unrecognized key: "excludes"'],
])('%j is refused: %s %s', (filters, path, message) => {
  const { error } = filtersSchema.safeParse(filters);
  expect(error?.issues.map((issue) => issue.path.join('.'))).toEqual([path]);
  expect(error?.issues[0]?.message).toContain(message);
});

test('as many globs as are allowed are taken, however many braces they are written with', () => {
  const filters = {
    include: Array<string>(4).fill('{a,b,c,d,e,f,g,h,i,j}'.repeat(3)),
    exclude: Array<string>(1000).fill('a'),
  };
  expect(filtersSchema.parse(filters)).toEqual(filters);
});
