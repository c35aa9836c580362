import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { TemporalCliDownload } from './temporal-cli-install.ts';
import { siblingModule } from '../lib/sibling-module.ts';
import { lastLines, runCommand } from './run-command.ts';
import { temporalCliVersion } from './temporal-version.ts';

/**
 * The download built into Temporal's SDK. It can only be had by starting a server, and doing so claims the SDK's one runtime of
 * a process; so it runs in a process of its own, which can also be stopped after a minute.
 */
export const sdkDownload: TemporalCliDownload = {
  name: "the Temporal SDK's own download",
  fetch: async (directory) => {
    const script = fileURLToPath(siblingModule('temporal-cli-sdk-process', import.meta.url));
    const { code, output } = await runCommand(process.execPath, [script, directory, `v${temporalCliVersion}`], {
      timeout: 60_000,
    });
    if (code !== 0) throw new Error(lastLines(output) || 'no answer within 60 s');
    const file = (await readdir(directory)).find((name) => name.startsWith('temporal-'));
    if (file === undefined) throw new Error('the SDK reported success but left no file');
    return join(directory, file);
  },
};
