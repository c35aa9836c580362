import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { comparePaths } from '../../src/contracts/encoded-path.ts';
import { entryKey } from '../../src/contracts/manifest.ts';

interface Tree {
  readonly [name: string]: Tree | 'file';
}

const name = fc.string({
  unit: fc.constantFrom('a', 'b', '.', '-', '0', ' ', '!', 'é', '😀', '\ue000'),
  minLength: 1,
  maxLength: 3,
});
const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.dictionary(name, fc.oneof({ maxDepth: 3 }, fc.constant('file' as const), tie('tree')), {
    maxKeys: 6,
    noNullPrototype: true,
  }),
}));

/** Depth first, each directory right before what is in it, its children by their keys. */
function walkOrder(level: Tree, parent = ''): string[] {
  return Object.entries(level)
    .map(([child, below]) => ({
      below,
      path: parent + child,
      kind: below === 'file' ? ('file' as const) : ('directory' as const),
    }))
    .sort((a, b) => comparePaths(entryKey(a), entryKey(b)))
    .flatMap(({ below, ...entry }) => [
      entryKey(entry),
      ...(below === 'file' ? [] : walkOrder(below, `${entry.path}/`)),
    ]);
}

test('the order of keys is that of a walk, depth first', () => {
  fc.assert(
    fc.property(tree, (root) => {
      const walked = walkOrder(root);
      expect(walked.toSorted(comparePaths)).toEqual(walked);
    }),
  );
});

test('a directory comes right before what is in it, after a name that continues with less than a slash', () => {
  const keys = [
    entryKey({ path: 'a.txt', kind: 'file' }),
    entryKey({ path: 'a', kind: 'directory' }),
    entryKey({ path: 'a/x', kind: 'symlink' }),
    entryKey({ path: 'a0', kind: 'other' }),
  ];
  expect(keys).toEqual(['a.txt', 'a/', 'a/x', 'a0']);
  expect(keys.toSorted(comparePaths)).toEqual(keys);
});
