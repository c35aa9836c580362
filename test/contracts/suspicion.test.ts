import { expect, test } from 'vitest';
import { isGood, sameFilters, suspicionOf, type FileSystem, type Reference } from '../../src/contracts/suspicion.ts';

const since = '20260102T030405Z-0123abcd';
const disk: FileSystem = { type: 'ext4', source: '/dev/sdb1', mountedAt: '/data', uuid: '1-2' };
const judge = (reference: Partial<Reference>, files: number, lost: number, maxLoss?: number) =>
  suspicionOf(
    { reference: { run: since, files: 20, ...reference }, ...(maxLoss !== undefined && { maxLoss }) },
    { files, failed: 0 },
    lost,
  );

test.each([
  ['nothing', 20, 20, 0, undefined, false],
  ['half of them', 20, 10, 10, undefined, false],
  ['more than half', 20, 9, 11, undefined, true],
  ['more than half of few', 15, 6, 9, undefined, false],
  ['ten of ten, under other names', 10, 10, 10, undefined, true],
  ['the only one', 1, 0, 1, undefined, true],
  ['the only one, for another', 1, 1, 1, undefined, false],
  ['more than half where more may go', 20, 8, 12, 0.6, false],
  ['a third where less may go', 30, 20, 10, 0.3, true],
  ['all, whatever may go', 20, 0, 20, 1, true],
  ['all names, where all may go', 20, 20, 20, 1, false],
])('lost %s', (_what, before, files, lost, maxLoss, expected) => {
  expect(judge({ files: before }, files, lost, maxLoss) !== undefined).toBe(expected);
});

test('the reason has the counts, and that the filters are other ones', () => {
  expect(judge({}, 8, 12)).toEqual({
    since,
    files: 20,
    lost: 12,
    reasons: [`12 of the 20 files of run ${since} are gone, and at most 50% may be`],
  });
  expect(judge({ otherFilters: true }, 0, 20)?.reasons).toEqual([
    `it holds no file, and run ${since} holds 20; its filters are other ones than that run's`,
  ]);
});

test('what could not be read is no emptiness', () => {
  expect(suspicionOf({ reference: { run: since, files: 3 } }, { files: 0, failed: 3 }, 0)).toBeUndefined();
});

test.each<[string, Partial<FileSystem>, boolean]>([
  ['the same', {}, false],
  ['another UUID', { uuid: '3-4' }, true],
  ['the same UUID under another name and elsewhere', { source: '/dev/sdc1', mountedAt: '/mnt' }, false],
  ['another device name at the same place, without a UUID', { source: '/dev/sdc1', uuid: undefined as never }, false],
  ['the disk of the system, without a UUID', { source: '/dev/sda2', mountedAt: '/', uuid: undefined as never }, true],
  ['another kind', { type: 'tmpfs', source: 'tmpfs', uuid: undefined as never }, true],
])('its directory is on %s', (_what, other, expected) => {
  const now = { files: 20, failed: 0, fileSystem: { ...disk, ...other } };
  const found = suspicionOf({ reference: { run: since, files: 20, fileSystem: disk } }, now, 0);
  expect(found?.reasons[0]?.includes('/dev/sdb1 (ext4) at /data') ?? false).toBe(expected);
});

test.each<[string, FileSystem, FileSystem, boolean]>([
  [
    'two memory disks',
    { type: 'tmpfs', source: 'tmpfs', mountedAt: '/a' },
    { type: 'tmpfs', source: 'tmpfs', mountedAt: '/b' },
    true,
  ],
  [
    'an export mounted elsewhere',
    { type: 'nfs4', source: 'nas:/export', mountedAt: '/a' },
    { type: 'nfs4', source: 'nas:/export', mountedAt: '/b' },
    false,
  ],
  [
    'another snapshot of a ZFS data set',
    { type: 'zfs', source: 'tank/home@monday', mountedAt: '/snap' },
    { type: 'zfs', source: 'tank/home@tuesday', mountedAt: '/snap' },
    false,
  ],
  [
    'a snapshot of another ZFS data set',
    { type: 'zfs', source: 'tank/home@monday', mountedAt: '/snap' },
    { type: 'zfs', source: 'tank/work@monday', mountedAt: '/snap' },
    true,
  ],
  [
    'two exports at one place',
    { type: 'nfs4', source: 'nas:/export', mountedAt: '/a' },
    { type: 'nfs4', source: 'old:/export', mountedAt: '/a' },
    true,
  ],
])('%s', (_what, one, other, expected) => {
  const reference = { run: since, files: 1, fileSystem: one };
  expect(suspicionOf({ reference }, { files: 1, failed: 0, fileSystem: other }, 0) !== undefined).toBe(expected);
});

test('a run is good when no file failed and it is not suspect, or was accepted', () => {
  const suspect = { since, files: 1, lost: 1, reasons: ['gone'] };
  expect(isGood({ complete: true })).toBe(true);
  expect(isGood({ complete: true, suspect })).toBe(false);
  expect(isGood({ complete: true, suspect: { ...suspect, acceptedAt: '2026-01-02T03:04:05Z' } })).toBe(true);
  expect(isGood({ complete: false })).toBe(false);
});

test('filters are the same in whatever order they stand', () => {
  expect(sameFilters({ exclude: ['a'], include: ['b'] }, { include: ['b'], exclude: ['a'] })).toBe(true);
  expect(sameFilters(undefined, {})).toBe(true);
  expect(sameFilters({ exclude: ['a'] }, undefined)).toBe(false);
});
