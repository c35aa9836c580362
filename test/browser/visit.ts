import { chromium, type BrowserContextOptions, type Page } from 'playwright-core';
import { onTestFinished } from 'vitest';
import { findBrowser } from './find-browser.ts';

export interface Visit {
  readonly page: Page;
  /** What the browser complained of: console messages, errors, what a policy forbade. */
  readonly complaints: readonly string[];
  /** The URL of every request so far. */
  readonly requests: readonly string[];
}

/** Opens a URL in a browser of its own, which goes with the test. */
export async function visit(url: string, options: BrowserContextOptions = {}): Promise<Visit> {
  // Its sandbox needs rights that neither root nor a container has, and the only page is our own.
  const browser = await chromium.launch({ executablePath: await findBrowser(process.env), args: ['--no-sandbox'] });
  onTestFinished(() => browser.close());
  const page = await (await browser.newContext(options)).newPage();
  const complaints: string[] = [];
  const requests: string[] = [];
  page.on('console', (message) => complaints.push(`${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('request', (request) => requests.push(request.url()));
  await page.goto(url);
  return { page, complaints, requests };
}
