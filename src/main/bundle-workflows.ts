import { rename, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';

/** Bundles the workflows into the file that is its argument; there is either the whole file then or none. */
const [path = ''] = process.argv.slice(2);
const workflowsPath = fileURLToPath(new URL('../workflows/index.ts', import.meta.url));
const { code } = await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('WARN') });
// Others may be making the same one.
const draft = `${path}.${process.pid}`;
try {
  await writeFile(draft, code);
  await rename(draft, path);
} finally {
  await rm(draft, { force: true });
}
