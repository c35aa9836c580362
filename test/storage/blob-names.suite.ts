import { expect, test } from 'vitest';
import type { BlobStore } from '../../src/storage/blob-store.ts';

const signal = new AbortController().signal;
const block = (id: string) => Buffer.from(id).toString('base64');

async function read(store: BlobStore, name: string): Promise<string> {
  return (await store.read(name, { from: 0 }, signal)).toString();
}

async function names(store: BlobStore, prefix: string): Promise<string[]> {
  return (await Array.fromAsync(store.list(prefix, signal))).map(({ name }) => name);
}

/** The part of a store's contract that is about names. */
export function blobNamesSuite(store: () => BlobStore): void {
  test.each(
    [
      'a b/c d.txt',
      ' leading',
      '%',
      '%2E',
      '%2e%2e/x',
      '50%25',
      'a?b=c&d',
      'a#b',
      'a+b',
      'a\'b(c)!*@:;,=$[]{}|^`~<>"',
      'caf\u00e9',
      'cafe\u0301',
      '漢字/😀.txt',
      '\ufeffbom',
      '...',
      'a/...b/.c',
      '-',
      'A',
      'a',
    ].map((name) => (name.endsWith('.') ? `${name}x` : name)),
  )('%j is stored under exactly that name', async (name) => {
    const prefixed = `names/${name}`;
    await store().put(prefixed, Buffer.from(name), { signal });
    expect((await store().properties(prefixed, signal))?.name).toBe(prefixed);
    expect(await read(store(), prefixed)).toBe(name);
    expect(await names(store(), prefixed)).toContain(prefixed);
  });

  test.each(['', '.', '..', '../other/x', 'a/./b', 'a/../b', 'a/..', './a', 'a\\b', 'a.', '\ud800'])(
    'the name %j, which would be stored under another, is refused by every call',
    async (name) => {
      const body = Buffer.from('x');
      const calls = [
        () => store().put(name, body, { signal }),
        () => store().stageBlock(name, block('0'), body, signal),
        () => store().stagedBlocks(name, signal),
        () => store().commitBlocks(name, [], { signal }),
        () => store().properties(name, signal),
        () => store().read(name, { from: 0 }, signal),
        () => store().snapshot(name, '"0x1"', signal),
      ];
      const before = await names(store(), '');
      for (const call of calls) await expect(call()).rejects.toMatchObject({ name: 'BlobStoreError', kind: 'refused' });
      expect(await names(store(), '')).toEqual(before);
    },
  );
}
