import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { readConfig } from '../src/config.ts';
import { ownFolders } from '../src/worker.ts';

test("the program's code is its own, and the embedded servers' data while any of them is used", () => {
  const code = resolve(import.meta.dirname, '..');
  const named = { TEMPORAL_ADDRESS: 'temporal:7233', AZURE_STORAGE_ACCOUNT: 'account', DATA_DIR: '/srv/data' };
  expect(ownFolders(readConfig(named)).map((path) => resolve(path))).toEqual([code]);
  for (const unnamed of ['TEMPORAL_ADDRESS', 'AZURE_STORAGE_ACCOUNT']) {
    const folders = ownFolders(readConfig({ ...named, [unnamed]: '' }));
    expect(folders.map((path) => resolve(path))).toEqual([code, '/srv/data']);
  }
});
