import { hostname } from 'node:os';
import { expect, test } from 'vitest';
import { share, subset } from '../../../src/client/cli/commands/options.ts';
import { backupInstanceId, jobInstanceId } from '../../../src/client/cli/instance-id.ts';
import { pathsBelow } from '../../../src/client/cli/open/with-backups.ts';

test.each([
  ['5%', 0.05],
  ['100%', 1],
  ['0.5 %', 0.005],
  ['.25', 0.25],
  ['1', 1],
])('the share %s is %d', (text, value) => {
  expect(share(text)).toBeCloseTo(value, 10);
});

test.each(['0%', '0', '101%', '1.1', '-5%', '5 percent', '', 'NaN', '1e-1', '5%%'])('%j is no share', (text) => {
  expect(() => share(text)).toThrow('It must be a share above 0 and at most 100%, such as 5%.');
});

test.each([
  ['3/10', { number: 3, of: 10 }],
  ['1/1', { number: 1, of: 1 }],
  ['10000 / 10000', { number: 10_000, of: 10_000 }],
])('the subset %s is a part of so many', (text, value) => {
  expect(subset(text)).toEqual(value);
});

test.each(['0/10', '11/10', '3', '3/', '/10', '-1/10', '1/10001', '1.5/2', ''])('%j is no subset', (text) => {
  expect(() => subset(text)).toThrow('It must be a part of at most 10000, such as 3/10.');
});

test('paths to restore become relative to the root', () => {
  expect(pathsBelow('/srv/site', ['a', './b/', '/srv/site/c/*.log', 'd/../e'])).toEqual(['a', '/b/', 'c/*.log', '/e']);
  expect(pathsBelow('/srv/site', ['*.log', './*.log', '/srv/site/*.log'])).toEqual(['*.log', '/*.log', '/*.log']);
  expect(pathsBelow(undefined, ['a/./b'])).toEqual(['a/b']);
});

test('no path, or the root itself, is everything', () => {
  expect(pathsBelow('/srv/site', [])).toBeUndefined();
  for (const root of ['/srv/site', '.', './']) expect(pathsBelow('/srv/site', ['a', root])).toBeUndefined();
});

test.each([
  ['/srv/site', '../other', 'It leads out of /srv/site'],
  ['/srv/site', '/srv/site2/a', 'It leads out of /srv/site'],
  ['/srv/site', '', 'It is empty'],
  [undefined, '/srv/site/a', 'Give it relative'],
])('below %s the path %j is refused', (root, path, says) => {
  expect(() => pathsBelow(root, [path])).toThrow(says);
});

test('the id of an instance is the same for the same wish, and another for another', () => {
  expect(backupInstanceId('/srv/my site')).toMatch(/^backup-my-site-[0-9a-f]{8}$/u);
  expect(backupInstanceId('/srv/a')).not.toBe(backupInstanceId('/srv/b/a'));
  expect(backupInstanceId('/')).toMatch(/^backup-root-/u);
  expect(backupInstanceId('/srv/a', 'web-1')).toBe(backupInstanceId('/srv/a', 'web-1'));
  const alike = [undefined, 'web-1', 'web-2', hostname()].map((source) => backupInstanceId('/srv/a', source));
  expect(new Set(alike).size).toBe(4);
  const restore = (input: object) => jobInstanceId('restore', '/tmp/out', input);
  expect(restore({ run: 'x' })).toMatch(/^restore-out-[0-9a-f]{8}$/u);
  expect(restore({ run: 'x' })).toBe(restore({ run: 'x' }));
  expect(restore({ run: 'x' })).not.toBe(restore({ run: 'x', delete: true }));
});
