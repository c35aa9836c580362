import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { TestProject } from 'vitest/node';

import { openEmbeddedStack, type EmbeddedStack } from '../../src/embedded/embedded-stack.ts';
import { findWorkflowBundle } from '../../src/workflow-bundle.ts';
import { fastDirectory } from './fast-directory.ts';
import { findCli } from './find-cli.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Host and port of the run's own Temporal server. */
    temporalAddress: string;
    /** Of the run's own Azurite. */
    connectionString: string;
    /** A file for the worker's option `workflowBundle: { codePath }`: bundling takes seconds, so it is done once. */
    workflowBundlePath: string;
  }
}

/** Gives the whole test run one Temporal server, one Azurite and one workflow bundle, all in a directory that is removed at the end. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const directory = await fastDirectory('durable-backup-test-');
  let stack: EmbeddedStack | undefined;
  const teardown = async (): Promise<void> => {
    await stack?.close();
    await rm(directory, { recursive: true, force: true });
  };
  // For all processes of the run: what one has compiled, the next need not.
  process.env['NODE_COMPILE_CACHE'] = join(directory, 'compiled');
  try {
    stack = await openEmbeddedStack({
      dataDir: directory,
      temporal: { port: 0, inMemory: true, cli: () => writeCli(directory) },
      azurite: { port: 0 },
      report: (line) => process.stderr.write(`${line}\n`),
    });
    const workflowBundlePath = await findWorkflowBundle(directory);
    if (workflowBundlePath === undefined) throw new Error('The workflows cannot be bundled.');
    project.provide('workflowBundlePath', workflowBundlePath);
    project.provide('temporalAddress', stack.temporalAddress ?? '');
    project.provide('connectionString', stack.connectionString ?? '');
  } catch (error) {
    await teardown();
    throw error;
  }
  return teardown;
}

/** Events after which Temporal suggests a run that continues as new: fewer than its own 4,096, so that tests of that can be small. */
const suggestedAt = 1024;

/** Percent of what is alive that may become garbage before the server collects it: it has little that is alive, and collects less often so. */
const garbage = 200;

/** A program that is Temporal's with settings of the tests. */
async function writeCli(directory: string): Promise<string> {
  const path = join(directory, 'temporal.sh');
  const setting = `--dynamic-config-value limit.historyCount.suggestContinueAsNew=${suggestedAt}`;
  await writeFile(path, `#!/bin/sh\nGOGC=${garbage} exec '${await findCli()}' "$@" ${setting}\n`, { mode: 0o700 });
  return path;
}
