import { describe, expect, test } from 'vitest';
import { ExpectedError } from '../../../src/contracts/failures.ts';
import { readSources } from '../../../src/client/sources/read-sources.ts';

const file = '/etc/backup/durable-backup.yaml';
const read = (text: string) => readSources(text, file);

/** What is said of a text that is refused; nothing of one that is not. */
function faultsOf(text: string): string[] {
  try {
    read(text);
  } catch (error) {
    if (!(error instanceof ExpectedError && error.type === 'InvalidConfiguration')) throw error;
    return error.message.split('; /etc').map((fault, at) => (at === 0 ? fault : `/etc${fault}`));
  }
  return [];
}

test('a source needs no more than its root; a relative one begins where the file is', () => {
  expect(read('sources:\n  site:\n    root: ../srv/site\n')).toEqual([
    { name: 'site', root: '/etc/srv/site', prefix: 'site/' },
  ]);
});

test.each([
  ['/srv/data/', '/srv/data'],
  ['/srv/./a/../data', '/srv/data'],
  ['C:\\data\\', 'C:\\data'],
])('a root %s elsewhere is read as the worker names it', (root, named) => {
  expect(read(`sources:\n  a: {root: '${root}', worker: nas}\n`)).toMatchObject([{ root: named }]);
});

test('texts become the values that the rest of the project counts in', () => {
  const [source] = read(`
sources:
  site:
    root: /srv/site
    prefix: hosts/web-1/
    worker: web-1
    tags: [nightly]
    filters: { exclude: ['*.tmp'], largerThan: 100MiB }
    retention: { last: 3, daily: 7, within: 2d }
    schedule: { cron: '30 2 * * *', timeZone: Europe/Berlin, jitter: 10m, catchupWindow: 1d12h }
    limits: { uploadLimit: 10MiB, window: 8 }
    after: { forget: true, prune: true, verify: { sample: 1% } }
    notify:
      failure: [{ webhook: 'https://example.org/hook' }, { command: [logger, failed] }]
      missed: [{ command: [logger, missed] }]
      missedAfter: 26h
`);
  expect(source).toEqual({
    name: 'site',
    root: '/srv/site',
    prefix: 'hosts/web-1/',
    worker: 'web-1',
    tags: ['nightly'],
    filters: { exclude: ['*.tmp'], largerThan: 100 * 1024 ** 2 },
    retention: { last: 3, daily: 7, within: '2d' },
    schedule: { cron: '30 2 * * *', timeZone: 'Europe/Berlin', jitter: 600_000, catchupWindow: 36 * 3_600_000 },
    limits: { uploadLimit: 10 * 1024 ** 2, window: 8 },
    after: { forget: true, prune: true, verify: { sample: 0.01 } },
    notify: {
      failure: [{ webhook: 'https://example.org/hook' }, { command: ['logger', 'failed'] }],
      missed: [{ command: ['logger', 'missed'] }],
      missedAfter: 26 * 3_600_000,
    },
  });
});

describe('a misspelt key', () => {
  test.each([
    ['at the top', 'source:\n  a: {root: /a}\n', '1:1', 'did you mean sources?'],
    ['of a source', 'sources:\n  a:\n    root: /a\n    shedule: {every: 1h}\n', '4:5', 'did you mean schedule?'],
    [
      'within one',
      'sources:\n  a:\n    root: /a\n    schedule:\n      every: 1h\n      jiter: 1m\n',
      '6:7',
      'did you mean jitter?',
    ],
    [
      'of the retention',
      'sources:\n  a:\n    root: /a\n    retention: {last: 1, dayly: 7}\n',
      '4:26',
      'did you mean daily?',
    ],
    ['of the filters', 'sources:\n  a:\n    root: /a\n    filters: {exlude: [x]}\n', '4:15', 'did you mean exclude?'],
    [
      'of a target',
      'sources:\n  a:\n    root: /a\n    notify:\n      failure:\n        - webhok: https://x.org\n',
      '6:11',
      'did you mean webhook?',
    ],
    ['of a limit', 'sources:\n  a:\n    root: /a\n    limits: {windov: 3}\n', '4:14', 'did you mean window?'],
    ['of an alias', 'sources:\n  a: &a\n    root: /a\n    tgas: [x]\n', '4:5', 'did you mean tags?'],
  ])('%s is named with its place and the nearest one', (_, text, place, hint) => {
    const faults = faultsOf(text).join(' ');
    expect(faults).toContain(`${file}:${place}: `);
    expect(faults).toContain(hint);
  });
});

test.each([
  ['no sources', '', 'must name sources'],
  ['no root', 'sources:\n  a: {prefix: x/}\n', 'sources.a.root: must be the directory'],
  ['an empty root', "sources:\n  a: {root: ''}\n", 'must not be empty'],
  ['a root with ~', 'sources:\n  a: {root: ~/photos}\n', 'write ~ and variables out'],
  ['a root with a variable', 'sources:\n  a: {root: "${HOME}/photos"}\n', 'write ~ and variables out'],
  [
    'a relative root elsewhere',
    'sources:\n  a: {root: photos, worker: nas}\n',
    'give the absolute path on its machine',
  ],
  ['a name with a slash', 'sources:\n  a/b: {root: /a}\n', "a source's name must be 1 to 64 letters"],
  ['a prefix without its slash', 'sources:\n  a: {root: /a, prefix: x}\n', 'each followed by a slash'],
  ['a prefix that leaves', 'sources:\n  a: {root: /a, prefix: ../x/}\n', 'plain folder names'],
  ["the project's own folder", 'sources:\n  a: {root: /a, prefix: .durable-backup/x/}\n', "the project's own data"],
  ['a cron that never fires', "sources:\n  a: {root: /a, schedule: {cron: '0 0 30 2 *'}}\n", 'never fires'],
  ['a cron that is none', 'sources:\n  a: {root: /a, schedule: {cron: nightly}}\n', 'sources.a.schedule.cron: '],
  ['cron and every', "sources:\n  a: {root: /a, schedule: {cron: '@daily', every: 1h}}\n", 'either cron or every'],
  ['neither', 'sources:\n  a: {root: /a, schedule: {jitter: 1m}}\n', 'either cron or every'],
  ['a time zone that is none', "sources:\n  a: {root: /a, schedule: {cron: '@daily', timeZone: Mars}}\n", 'time zone'],
  ['a duration without a unit', 'sources:\n  a: {root: /a, schedule: {every: "6"}}\n', 'must be a duration'],
  ['a duration of nothing', 'sources:\n  a: {root: /a, schedule: {every: 0h}}\n', 'must be a duration'],
  ['a tiny limit', 'sources:\n  a: {root: /a, limits: {uploadLimit: "10"}}\n', 'bytes per second'],
  ['forgetting by nothing', 'sources:\n  a: {root: /a, after: {forget: true}}\n', 'needs a retention'],
  ['a retention that keeps nothing', 'sources:\n  a: {root: /a, retention: {last: 0}}\n', 'keeps nothing'],
  ['a sample of more than all', 'sources:\n  a: {root: /a, after: {verify: {sample: 120%}}}\n', 'must be a share'],
  [
    'a target of two kinds',
    'sources:\n  a: {root: /a, notify: {failure: [{webhook: "http://x.org", command: [a]}]}}\n',
    'either webhook or command',
  ],
  ['a webhook that is none', 'sources:\n  a: {root: /a, notify: {failure: [{webhook: "file:///etc"}]}}\n', 'https://'],
  [
    'a command as one text',
    'sources:\n  a: {root: /a, notify: {failure: [{command: "rm -rf"}]}}\n',
    'sources.a.notify.failure.0.command',
  ],
  ['missed without its time', 'sources:\n  a: {root: /a, notify: {missed: [{command: [a]}]}}\n', 'missedAfter'],
  ['a glob that cannot be read', 'sources:\n  a: {root: /a, filters: {exclude: ["/"]}}\n', 'sources.a.filters.exclude'],
  ['a key twice', 'sources:\n  a: {root: /a}\n  a: {root: /b}\n', 'unique'],
  ['two documents', 'sources:\n  a: {root: /a}\n---\nsources: {}\n', 'documents'],
  ['bad YAML', 'sources:\n  a: {root: /a\n', ':3:1: '],
  ['an alias to nothing', 'sources:\n  a: *b\n', 'alias'],
  [
    'aliases of aliases',
    `sources:\n  a: {root: /a}\nx: &x [${'a,'.repeat(20)}]\ny: &y [${'*x,'.repeat(20)}]\nz: [${'*y,'.repeat(20)}]\n`,
    'alias',
  ],
  ['a list', '- a\n', 'expected object'],
  ['what is nested without end', `sources: ${'['.repeat(5000)}`, ': '],
  [
    'waiting for a life',
    'sources:\n  a: {root: /a, notify: {missed: [{command: [a]}], missedAfter: 999w}}\n',
    'sources.a.notify.missedAfter: must be at most ten years',
  ],
])('%s is refused', (_, text, why) => {
  const [fault = ''] = faultsOf(text);
  expect(fault).toMatch(/^\/etc\/backup\/durable-backup\.yaml:\d+:\d+: /u);
  expect(faultsOf(text).join(' ')).toContain(why);
});

test.each([
  ['shared', 'x/', 'x/', '3:25', 'the prefix "x/" of b is that of a too'],
  ['within another', 'x/', 'x/y/', '3:25', 'the prefix "x/y/" of b lies in "x/" of a'],
  ['around another', 'x/y/', 'x/', '3:25', 'in the prefix "x/" of b lies "x/y/" of a'],
  ['of everything', 'x/', "''", '3:25', 'in the prefix "" of b lies "x/" of a'],
  ['of everything, first', "''", 'x/', '3:25', 'the prefix "x/" of b lies in "" of a'],
])('a prefix that is %s is refused, and both sources are named', (_, first, second, place, why) => {
  const text = `sources:\n  a: {root: /a, prefix: ${first}}\n  b: {root: /b, prefix: ${second}}\n`;
  expect(faultsOf(text)).toEqual([`${file}:${place}: ${why}: give each source a folder of its own`]);
});

test('a name taken as a prefix meets one that is written', () => {
  expect(faultsOf('sources:\n  a: {root: /a}\n  b: {root: /b, prefix: a/}\n')[0]).toContain('is that of a too');
});

test('prefixes that only begin alike are apart', () => {
  expect(read('sources:\n  a: {root: /a}\n  ab: {root: /a}\n')).toHaveLength(2);
});

test('all faults are told at once', () => {
  const faults = faultsOf('sources:\n  a: {rot: /a}\n  b: {root: /b, prefix: x}\n');
  expect(faults.map((fault) => fault.slice(file.length).split(': ')[0])).toEqual([':2:6', ':2:7', ':3:25']);
});

test('one part may be written once and used by several', () => {
  const [a, b] = read('sources:\n  a: {root: /a, retention: &kept {last: 3}}\n  b: {root: /b, retention: *kept}\n');
  expect(b?.retention).toEqual(a?.retention);
});

test.each([
  [
    'sources:\n  site:\n    root: /srv\n    notify: { failure: [{webhook:https://h.example/S3CRET}] }\n',
    ':4:26: sources.site.notify.failure.0: ',
  ],
  ['sources:\n  {site:https://h.example/S3CRET: 1}\n', ':2:4: '],
])('an address that became a name is not cited: %j', (text, place) => {
  const faults = faultsOf(text);
  expect(faults.join()).toContain(place);
  expect(faults.join()).not.toMatch(/S3CRET|h\.example/u);
});
