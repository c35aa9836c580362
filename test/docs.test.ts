import { randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseEnv } from 'node:util';
import type { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { writtenDocs } from '../scripts/write-docs.ts';
import { readConfig } from '../src/config.ts';
import { environment, variables } from '../src/config-variables.ts';
import { createProgram } from '../src/client/cli/program.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const text = (file: string) => readFile(join(root, file), 'utf8');
const filesIn = async (folder: string) =>
  (await readdir(join(root, folder), { recursive: true })).map((file) => `${folder}/${file.replaceAll('\\', '/')}`);

const sources = (await filesIn('src')).filter((file) => file.endsWith('.ts'));
const docs = await filesIn('docs');
const pages = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', ...docs].filter((file) => file.endsWith('.md'));

test('docs/architecture.md has a line for every folder of source files, and for none that is gone', async () => {
  const page = await text('docs/architecture.md');
  const folders = [...new Set(sources.map((file) => dirname(file)))];
  expect(folders).toContain('src/workflows');
  expect(folders.filter((folder) => !page.includes(`| \`${folder}\` `))).toEqual([]);
});

test.each(pages.filter((page) => !/^docs\/decisions\/\d|^CHANGELOG/u.test(page)))(
  'the files of src that %s names are there',
  async (page) => {
    const isThere = (name: string) =>
      sources.some((file) => file === name || file.startsWith(`${name.replace(/\/$/u, '')}/`));
    const named = [...(await text(page)).matchAll(/`(src\/[\w./-]+)`/gu)].map(([, name = '']) => name);
    expect(named.filter((name) => !isThere(name))).toEqual([]);
  },
);

test('README.md is short enough to be read', async () => {
  expect((await text('README.md')).split('\n').length).toBeLessThanOrEqual(150);
});

test('what the program knows of the docs is current: `npm run docs` writes it', async () => {
  for (const [file, written] of Object.entries(await writtenDocs())) expect(await text(file), file).toBe(written);
});

test('every variable says what it means', () => {
  const all = Object.values(variables).flatMap(({ shape }) => Object.entries(shape));
  expect(all.filter(([, schema]) => (schema.meta()?.description ?? '') === '').map(([name]) => name)).toEqual([]);
  expect(all.map(([name]) => name).toSorted()).toEqual(Object.keys(environment.shape).toSorted());
});

describe('links', () => {
  /** What GitHub calls a heading in an address. */
  const slug = (heading: string) =>
    heading
      .replaceAll(/\[([^\]]*)\]\([^)]*\)/gu, '$1')
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(' ', '-');

  async function anchorsOf(page: string): Promise<string[]> {
    const prose = (await text(page)).replaceAll(/^```.*?^```/gmsu, '');
    return [...prose.matchAll(/^#+ (.+)$/gmu)].map(([, heading = '']) => slug(heading));
  }

  test.each(pages)('of %s lead somewhere', async (page) => {
    const known = new Set([
      ...(await readdir(root)),
      ...sources,
      ...(await filesIn('test')),
      ...(await filesIn('schema')),
      ...docs,
    ]);
    const lost: string[] = [];
    for (const [, link = ''] of (await text(page)).matchAll(/\]\((?!https?:)([^)]+)\)/gu)) {
      const [file = '', anchor] = link.split('#');
      const target = file === '' ? page : normalize(join(dirname(page), file)).replaceAll('\\', '/');
      if (!known.has(target) && target !== page) lost.push(link);
      else if (anchor !== undefined && !(await anchorsOf(target)).includes(anchor)) lost.push(link);
    }
    expect(lost).toEqual([]);
  });
});

describe('what is printed to be typed', () => {
  /** The commands on a page: lines of its blocks, and code in its text. */
  async function commandsOf(page: string): Promise<string[]> {
    const blocks = [...(await text(page)).matchAll(/^```(?:sh)?\n(.*?)^```/gmsu)].flatMap(([, block = '']) =>
      block.replaceAll('\\\n', ' ').split('\n'),
    );
    const spans = [...(await text(page)).matchAll(/`([^`\n]+)`/gu)].map(([, span = '']) => span);
    return [...blocks, ...spans].map((line) => line.replace(/^\$ /u, '').replace(/^(?:[A-Z_]+=\S+ )+/u, ''));
  }

  /** The arguments on a line, up to a pipe, a redirection or a comment; undefined where it is cut short or a pattern. */
  function argumentsOf(line: string): string[] | undefined {
    const [mine = ''] = line.split(/ [|>#&] ?| 2>/u);
    if (/…|\.\.\.|\[options\]|<\w+>/u.test(mine)) return undefined;
    return [...mine.matchAll(/'([^']*)'|"([^"]*)"|([^\s'"]+)/gu)].map(([, a, b, c]) => a ?? b ?? c ?? '');
  }

  function refusal(line: string): string | undefined {
    const [, ...args] = argumentsOf(line) ?? [];
    const program = createProgram(args, () => undefined);
    const quiet = (command: Command) => {
      command
        .exitOverride()
        .configureOutput({ writeOut: () => undefined, writeErr: () => undefined, outputError: () => undefined });
      for (const child of command.commands) quiet(child);
    };
    quiet(program);
    try {
      program.parse(args, { from: 'user' });
      return undefined;
    } catch (error) {
      const { exitCode, message } = error as { exitCode: number; message: string };
      return exitCode === 0 ? undefined : `${line}: ${message}`;
    }
  }

  test.each(pages.filter((page) => page !== 'CHANGELOG.md'))(
    'on %s is understood by the program, and its npm scripts are there',
    async (page) => {
      const { scripts } = JSON.parse(await text('package.json')) as { scripts: Record<string, string> };
      const lines = await commandsOf(page);
      const ours = lines.filter((line) => line.startsWith('durable-backup ') && argumentsOf(line));
      expect(ours.map(refusal).filter((problem) => problem !== undefined)).toEqual([]);
      const npm = lines.map((line) => /^npm (?:run (?:-s )?([\w:-]+)|(test)\b)/u.exec(line));
      const named = npm.map((found) => found?.[1] ?? found?.[2]).filter((name) => name !== undefined);
      expect(named.filter((name) => !Object.hasOwn(scripts, name))).toEqual([]);
    },
  );
});

test.each(['worker', 'api'])('docs/five-servers/%s.env is an environment that the program takes', async (name) => {
  const given = parseEnv(await text(`docs/five-servers/${name}.env`)) as Record<string, string>;
  // An example of a key that works would be a key that everybody knows.
  const { API_KEY: key, ...rest } = given;
  const own = { ...rest, ...(key !== undefined && { API_KEY: randomBytes(16).toString('hex') }) };
  expect(readConfig(own)).toMatchObject({ temporal: { named: true }, storage: { account: 'myaccount' } });
  const unknown = Object.keys(given).filter(
    (name) => !(name in environment.shape) && !name.startsWith('TEMPORAL_TLS_'),
  );
  expect(unknown).toEqual([]);
});

test('no key that a document shows is one that the API takes', async () => {
  const files = [...docs.filter((file) => /\.(?:md|env|yml|service)$/u.test(file)), '.env.example', 'README.md'];
  const shown = (await Promise.all(files.map(text))).join('\n');
  const keys = [...shown.matchAll(/API_KEY=([^\s$`'"(]+)/gu)].map(([, key]) => key);
  expect(keys.length).toBeGreaterThan(1);
  for (const API_KEY of keys) expect(() => readConfig({ API_KEY }), API_KEY).toThrow(/API_KEY/u);
});
