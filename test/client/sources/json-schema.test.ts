import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { exampleFile } from '../../../src/client/sources/example-file.ts';
import { sourcesJsonSchema } from '../../../src/contracts/sources.ts';
import { readSources } from '../../../src/client/sources/read-sources.ts';

const text = (file: string) => readFile(fileURLToPath(new URL(`../../../${file}`, import.meta.url)), 'utf8');
const checked = async () => JSON.parse(await text('schema/durable-backup.schema.json')) as object;
const fits = async (yaml: string) =>
  new Ajv2020({ strict: true, allowUnionTypes: true, formats: { uri: true } }).compile(await checked())(parse(yaml));

test('the schema in the repository is that of the program; `durable-backup sources --schema` prints it', async () => {
  expect(await checked()).toEqual(sourcesJsonSchema());
});

/** The examples of a page: blocks of YAML that begin with the sources; or a file that is one. */
async function examplesOf(page: string): Promise<string[]> {
  if (page.endsWith('.yaml')) return [await text(page)];
  const blocks = (await text(page)).matchAll(/^```yaml\n(.*?)^```/gmsu);
  return Array.from(blocks, ([, block = '']) => block).filter((block) => /^sources:/mu.test(block));
}

test.each(['docs/sources.md', 'docs/five-servers/durable-backup.yaml'])(
  'the examples of %s can be used as they are',
  async (page) => {
    const examples = await examplesOf(page);
    expect(examples.length).toBeGreaterThan(0);
    for (const example of examples) {
      expect(readSources(example, '/srv/durable-backup.yaml').length).toBeGreaterThan(0);
      expect(await fits(example)).toBe(true);
    }
  },
);

describe('what init writes', () => {
  const written = exampleFile({ name: 'site', root: '/srv/site: #1', schema: './schema.json' });

  test('is a source that needs no change', async () => {
    const [source] = readSources(written, '/srv/durable-backup.yaml');
    expect(source).toMatchObject({ name: 'site', root: '/srv/site: #1', retention: { last: 3, daily: 7 } });
    expect(await fits(written)).toBe(true);
  });

  test('stays one with all that its comments offer', async () => {
    const all = written.replaceAll(/^( +)# (?=[a-zA-Z]+:|  |- )/gmu, '$1');
    const [source] = readSources(all.replace('root: "/srv/site: #1"', 'root: /srv/site'), '/srv/durable-backup.yaml');
    expect(Object.keys(source ?? {})).toEqual(
      expect.arrayContaining(['worker', 'tags', 'filters', 'schedule', 'limits', 'after', 'notify']),
    );
    expect(await fits(all)).toBe(true);
  });
});

test.each([
  'sources: {a: {rot: /a}}',
  'sources: {a: {}}',
  'sources: {a b: {root: /a}}',
  'sources: {a: {root: /a, prefix: x}}',
  'sources: {a: {root: /a, schedule: {every: 6}}}',
  'sources: {a: {root: /a, retention: {dayly: 7}}}',
  'sources: {a: {root: /a, filters: {exclude: x}}}',
])('editors mark %s as wrong too', async (yaml) => {
  expect(await fits(yaml)).toBe(false);
});
