import { expect, test } from 'vitest';
import type { OpenApiDocument } from '../../src/client/http/openapi/document.ts';
import { startEdgeApi } from '../client/http/server/edge-api.ts';
import { visit } from './visit.ts';

// As text, for these run in the page, whose types are not those of Node.
const openAll = "document.querySelectorAll('details').forEach((details) => (details.open = true))";
const headingLevels =
  "[...document.querySelectorAll('h1, h2, h3, h4, h5, h6')].map(({ tagName }) => Number(tagName.slice(1)))";

const phone = { viewport: { width: 360, height: 740 } };

async function visitDocs(options: Parameters<typeof visit>[1] & { env?: NodeJS.ProcessEnv } = {}) {
  const { env, ...context } = options;
  const { url } = await startEdgeApi(env);
  const document = (await (await fetch(`${url}/openapi.json`)).json()) as OpenApiDocument;
  return { url, document, ...(await visit(`${url}/docs`, context)) };
}

test.each([
  ['without a key', {}],
  ['where the rest needs a key', { API_KEY: 'the-master-key-1' }],
])('the page loads in one request, and the browser complains of nothing, %s', async (_when, env) => {
  const { url, page, complaints, requests } = await visitDocs({ env });
  expect(await page.title()).toBe('durable-backup HTTP API');
  expect(complaints).toEqual([]);
  expect(requests).toEqual([`${url}/docs`]);
  // The style sheet passed the page's own policy.
  expect(await page.evaluate('getComputedStyle(document.body).maxWidth')).toBe('992px');
});

test('every operation opens with a click and shows its summary, its parameters and its answers', async () => {
  const { page, document } = await visitDocs();
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const [method, { operationId, summary, parameters, responses }] of Object.entries(methods)) {
      const details = page.locator('details', { has: page.locator(`[id="${operationId}"]`) });
      await details.locator('summary').click();
      const shown = await details.innerText();
      expect(shown.replaceAll(/\s+/gu, ' ')).toContain(`${method.toUpperCase()} ${path} ${summary}`);
      for (const { name } of parameters) expect(shown).toContain(name);
      const answers = await details.getByRole('table').last().getByRole('row').allInnerTexts();
      expect(answers.slice(1).map((row) => row.slice(0, 3))).toEqual(Object.keys(responses));
    }
  }
});

test('a reader of the keyboard reaches every operation and opens it', async () => {
  const { page, document } = await visitDocs();
  const links = await page.getByRole('navigation').getByRole('link').count();
  for (let i = 0; i <= links; i += 1) await page.keyboard.press('Tab');
  const focused = page.locator('summary:focus');
  await expect(focused.innerText()).resolves.toContain(Object.keys(document.paths)[0]);
  expect(await page.evaluate('getComputedStyle(document.activeElement).outlineStyle')).not.toBe('none');
  const answers = page.getByRole('heading', { name: 'Answers' });
  expect(await answers.count()).toBe(0);
  await page.keyboard.press('Enter');
  expect(await answers.count()).toBe(1);
});

test('a link to a schema opens it', async () => {
  const { page } = await visitDocs();
  await page.locator('summary').first().click();
  const schema = page.locator('[id="schema-Problem"]');
  expect(await schema.isVisible()).toBe(false);
  await page.getByRole('link', { name: 'Problem' }).first().click();
  await schema.waitFor({ state: 'visible' });
  expect(JSON.parse(await schema.innerText())).toMatchObject({ properties: { detail: {} } });
});

test('the page says its language and its parts, and its headings skip no level', async () => {
  const { page } = await visitDocs();
  expect(await page.locator('html').getAttribute('lang')).toBe('en');
  expect(await page.getByRole('main').count()).toBe(1);
  await page.evaluate(openAll);
  const levels = await page.evaluate<number[]>(headingLevels);
  expect(levels.filter((level) => level === 1)).toHaveLength(1);
  expect(levels.filter((level, i) => level > (levels[i - 1] ?? 0) + 1)).toEqual([]);
  const tables = await page.getByRole('table').count();
  expect(tables).toBeGreaterThan(20);
  expect(
    await page
      .getByRole('table')
      .filter({ has: page.getByRole('columnheader') })
      .count(),
  ).toBe(tables);
});

test('on a phone nothing lies beside the page, with every part of it open', async () => {
  const { page } = await visitDocs(phone);
  await page.evaluate(openAll);
  const width = await page.evaluate('document.documentElement.scrollWidth');
  expect(width).toBe(phone.viewport.width);
});
