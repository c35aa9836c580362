import { findOnPath } from '../../src/embedded/programs.ts';

const names = ['chromium', 'chromium-browser', 'google-chrome'];

/** The Chromium of this machine: `CHROMIUM_PATH`, or the first one on `PATH`. Throws when there is none. */
export async function findBrowser({ CHROMIUM_PATH, PATH = '' }: NodeJS.ProcessEnv): Promise<string> {
  if (CHROMIUM_PATH !== undefined && CHROMIUM_PATH !== '') return CHROMIUM_PATH;
  for (const name of names) {
    const found = await findOnPath(name, PATH);
    if (found !== undefined) return found;
  }
  throw new Error(`There is no browser: set CHROMIUM_PATH, or install one of ${names.join(', ')} where PATH finds it.`);
}
