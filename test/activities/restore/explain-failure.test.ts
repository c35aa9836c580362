import { open } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { explainFailure } from '../../../src/activities/restore/write/restore-paths.ts';

/** What the system throws on a write for which there is no space. */
async function noSpace(): Promise<unknown> {
  const full = await open('/dev/full', 'w');
  try {
    return await full.write('x').catch((error: unknown) => error);
  } finally {
    await full.close();
  }
}

test('a full disk is explained with what to do', async () => {
  const reason = 'no space left (ENOSPC): free some where /srv/site is, then retry what failed';
  expect(explainFailure(await noSpace(), '/srv/site')).toBe(reason);
});

test('a used-up quota is, too, and everything else is as the system says it', () => {
  const quota = Object.assign(new Error('EDQUOT: disk quota exceeded, write'), { code: 'EDQUOT', syscall: 'write' });
  expect(explainFailure(quota, '/srv')).toContain('raise it or free some');
  const readOnly = Object.assign(new Error("EROFS: read-only file system, open '/x'"), {
    code: 'EROFS',
    syscall: 'open',
  });
  expect(explainFailure(readOnly, '/srv')).toBe('EROFS: read-only file system');
});
