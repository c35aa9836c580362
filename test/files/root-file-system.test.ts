import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { suspicionOf } from '../../src/contracts/suspicion.ts';
import { rootFileSystem } from '../../src/files/mounts.ts';
import { backUp, openRig, perform } from '../activities/rig.ts';
import { writeTree } from '../support/tree.ts';

test.each(['/proc', '/dev/shm', '/', process.cwd()])(
  'the file system of %s is what the system itself says',
  async (path) => {
    const table = execFileSync('df', ['--output=fstype,source,target', path], { encoding: 'utf8' });
    const [type, source, mountedAt] = (table.trim().split('\n')[1] ?? '').split(/\s+/u);
    expect(await rootFileSystem(path)).toMatchObject({ type, source, mountedAt });
  },
);

test('a run whose directory is on another file system than that of the last good one is suspect', async () => {
  const rig = await openRig();
  await writeTree(rig.root, { a: 1, b: 2 });
  await backUp(rig);
  await perform(rig.activities.sealPage, [rig.run, 0, []]);
  const [was, is] = [await rootFileSystem('/proc'), await rootFileSystem(rig.root)];
  if (!was || !is) throw new Error('the system does not tell');
  const reference = { run: '20260101T030405Z-0123abcd', files: 2, fileSystem: was };
  const run = { ...rig.run, fileSystem: is, reference };
  const times = { startedAt: '2026-01-02T03:04:05.678Z', finishedAt: '2026-01-02T03:05:00.000Z' };
  const { suspect } = await perform(rig.activities.commitRun, [run, times]);
  expect(suspect).toEqual(suspicionOf({ reference }, { files: 2, failed: 0, fileSystem: is }, 0));
  expect(suspect?.reasons).toEqual([
    expect.stringMatching(/^its directory is on another file system, .+, than in run .+, proc \(proc\) at \/proc$/u),
  ]);
});
