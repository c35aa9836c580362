import { expect, test } from 'vitest';
import { startEdgeApi } from '../client/http/server/edge-api.ts';
import { operationsOf, type OpenApiFile } from '../support/openapi-file.ts';
import { visit } from './visit.ts';

const phone = { viewport: { width: 360, height: 740 } };

async function visitDocs(options: Parameters<typeof visit>[1] & { env?: NodeJS.ProcessEnv; path?: string } = {}) {
  const { env, path = '/docs', ...context } = options;
  const { url } = await startEdgeApi(env);
  const file = (await (await fetch(`${url}/openapi.json`)).json()) as OpenApiFile;
  const visited = await visit(`${url}${path}`, context);
  await visited.page.locator('.opblock').first().waitFor();
  return { url, file, ...visited };
}

test.each([
  ['without a key', {}],
  ['where the rest needs a key', { API_KEY: 'the-master-key-1' }],
])(
  'the root leads to the page, which asks nobody else, and the browser complains of nothing, %s',
  async (_when, env) => {
    const { url, page, complaints, requests } = await visitDocs({ env, path: '/' });
    expect(page.url()).toBe(`${url}/docs`);
    expect(await page.title()).toBe('durable-backup HTTP API');
    const parts = ['docs', 'docs/start.js', 'docs/swagger-ui-bundle.js', 'docs/swagger-ui.css', 'openapi.json'];
    const asked = new Set(requests.filter((request) => !request.startsWith('data:')));
    expect([...asked].toSorted()).toEqual(['', ...parts].map((path) => `${url}/${path}`));
    expect(complaints).toEqual([]);
    // The style sheet passed the page's own policy.
    expect(await page.evaluate("getComputedStyle(document.querySelector('.opblock')).borderTopStyle")).toBe('solid');
  },
);

test('every operation is shown with its summary, backups first, and each group with what it is about', async () => {
  const { page, file } = await visitDocs();
  const groups = await page
    .locator('.opblock-tag')
    .evaluateAll((tags) => tags.map((tag) => tag.getAttribute('data-tag')));
  expect(groups).toEqual(file.tags.map(({ name }) => name));
  const rows = await page.locator('.opblock-summary').allInnerTexts();
  expect(rows).toHaveLength(operationsOf(file).length);
  for (const { method, path, operation } of operationsOf(file)) {
    const plain = (text: string) => text.replaceAll(/[\s\u200b]+/gu, '');
    const shown = rows.map(plain);
    expect(shown).toContain(plain(`${method}${path}${operation.summary}`));
  }
});

test('an operation opens with the keyboard, and shows its command, its parameters and its answers', async () => {
  const { page, file, complaints } = await visitDocs();
  const operation = file.paths['/api/backups/{run}/entries']?.['get'];
  const block = page.locator('.opblock', { hasText: '/entries' });
  await block.locator('.opblock-summary-control').focus();
  await page.keyboard.press('Enter');
  const command = block.locator('pre code').first();
  await command.waitFor();
  expect(await command.innerText()).toBe(operation?.['x-codeSamples'][0]?.source);
  const shown = await block.innerText();
  for (const { name } of operation?.parameters ?? []) expect(shown).toContain(name);
  for (const status of Object.keys(operation?.responses ?? {})) expect(shown).toContain(status);
  expect(complaints).toEqual([]);
});

test('what is tried out on the page goes to the server, with the key that the reader gives', async () => {
  const { url, page } = await visitDocs({ env: { API_KEY: 'the-master-key-1' } });
  await page.getByRole('button', { name: 'Authorize' }).first().click();
  await page.locator('.modal-ux input').first().fill('the-master-key-1');
  await page.locator('.modal-ux button.authorize').first().click();
  await page.locator('.modal-ux button.btn-done').first().click();
  const block = page.locator('#operations-Sources-sources');
  await block.locator('.opblock-summary-control').click();
  await block.getByRole('button', { name: 'Try it out' }).click();
  const answered = page.waitForResponse(`${url}/api/backups/sources`);
  await block.getByRole('button', { name: 'Execute' }).click();
  const response = await answered;
  expect([response.status(), await response.json()]).toEqual([200, []]);
});

test('the page says its language, and has one main part', async () => {
  const { page } = await visitDocs();
  expect(await page.locator('html').getAttribute('lang')).toBe('en');
  expect(await page.getByRole('main').count()).toBe(1);
});

test('on a phone nothing lies beside the page', async () => {
  const { page } = await visitDocs(phone);
  const width = await page.evaluate('document.documentElement.scrollWidth');
  expect(width).toBe(phone.viewport.width);
});
