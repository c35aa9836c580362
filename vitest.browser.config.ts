import { defineConfig } from 'vitest/config';
import shared from './vitest.config.ts';

/** `npm run test:browser`: apart from `npm test`, because it needs a browser on the machine. */
export default defineConfig({ test: { ...shared.test, include: ['test/browser/**/*.browser.ts'] } });
