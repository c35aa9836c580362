import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { Client, Connection } from '@temporalio/client';
import { onTestFinished } from 'vitest';

import { openEmbeddedStack, type EmbeddedStack } from '../../src/embedded/embedded-stack.ts';
import { findCli } from '../support/find-cli.ts';
import { temporaryDirectory } from './temporary.ts';

/** An embedded stack with a Web UI, which goes with the test. */
export async function openStack(): Promise<{ stack: EmbeddedStack; dataDir: string }> {
  const dataDir = await temporaryDirectory();
  const temporal = { port: 0, webUi: true, inMemory: true, cli: findCli };
  const stack = await openEmbeddedStack({ dataDir, temporal, azurite: { port: 0 }, report: () => {} });
  onTestFinished(stack.close);
  return { stack, dataDir };
}

/** The process of one of its servers. */
export async function pidOf(dataDir: string, key: string): Promise<number> {
  const state = JSON.parse(await readFile(join(dataDir, 'stack', `${key}.json`), 'utf8')) as { pid: number };
  return state.pid;
}

/** The ids of all workflows that anybody has started there. */
export async function workflowsOf(stack: EmbeddedStack): Promise<string[]> {
  const connection = await Connection.connect({ address: stack.temporalAddress ?? '' });
  try {
    const client = new Client({ connection });
    // Temporal counts what it has indexed, in order: once this one is, those before it are.
    await client.workflow.start('marker', { workflowId: 'marker', taskQueue: 'none', args: [] });
    for (;;) {
      const ids: string[] = [];
      for await (const { workflowId } of client.workflow.list()) ids.push(workflowId);
      if (ids.includes('marker')) return ids.filter((id) => id !== 'marker');
    }
  } finally {
    await connection.close();
  }
}
