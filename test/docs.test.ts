import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const text = (file: string) => readFile(join(root, file), 'utf8');
const filesIn = async (folder: string) =>
  (await readdir(join(root, folder), { recursive: true })).map((file) => `${folder}/${file.replaceAll('\\', '/')}`);

const sources = (await filesIn('src')).filter((file) => file.endsWith('.ts'));
const pages = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', ...(await filesIn('docs'))].filter((file) =>
  file.endsWith('.md'),
);

function unlisted(wanted: readonly string[], page: string): string[] {
  return wanted.filter((name) => !page.includes(`\`${name}\``));
}

/** The variables of the schema in src/config.ts. */
async function variables(): Promise<string[]> {
  return [...(await text('src/config.ts')).matchAll(/^ {2}([A-Z][A-Z0-9_]*):/gmu)].map(([, name = '']) => name);
}

test('docs/architecture.md has a line for every folder of source files, and for none that is gone', async () => {
  const page = await text('docs/architecture.md');
  const folders = [...new Set(sources.map((file) => dirname(file)))];
  expect(folders).toContain('src/workflows');
  expect(folders.filter((folder) => !page.includes(`| \`${folder}\` `))).toEqual([]);
  const named = [...page.matchAll(/`(src\/[\w./-]+)`/gu)].map(([, name = '']) => name);
  expect(named.filter((name) => !sources.includes(name) && !folders.includes(name))).toEqual([]);
});

test('README.md and .env.example list every variable', async () => {
  const names = await variables();
  expect(names).toContain('BACKUP_ROOTS');
  expect(unlisted(names, await text('README.md'))).toEqual([]);
  const example = await text('.env.example');
  // PATH is nobody's to set for this project alone.
  expect(names.filter((name) => name !== 'PATH' && !example.includes(`# ${name}=`))).toEqual([]);
});

test.each(pages)('the links of %s lead somewhere', async (page) => {
  const known = new Set([
    ...pages,
    ...(await readdir(root)),
    ...sources,
    ...(await filesIn('test')),
    ...(await filesIn('docs')),
  ]);
  const links = [...(await text(page)).matchAll(/\]\((?!https?:|#)([^)#]+)/gu)].map(([, link = '']) =>
    normalize(join(dirname(page), link)).replaceAll('\\', '/'),
  );
  expect(links.filter((link) => !known.has(link))).toEqual([]);
});
