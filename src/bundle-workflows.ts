import { rename, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { siblingModule } from './lib/sibling-module.ts';

/** Bundles the workflows into the file that is its argument; there is either the whole file then or none. */
const [path = ''] = process.argv.slice(2);
const workflowsPath = fileURLToPath(siblingModule('workflows/index', import.meta.url));
const workflowInterceptorModules = [fileURLToPath(siblingModule('workflows/telemetry', import.meta.url))];
const logger = new DefaultLogger('WARN');
const { code } = await bundleWorkflowCode({ workflowsPath, workflowInterceptorModules, logger });
// Others may be making the same one.
const draft = `${path}.${process.pid}`;
try {
  await writeFile(draft, code);
  await rename(draft, path);
} finally {
  await rm(draft, { force: true });
}
