import { randomUUID } from 'node:crypto';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runCommand } from '../../src/dev/run-command.ts';
import { openAzcopy } from './azcopy.ts';
import { openProduct } from './product.ts';
import { openRclone } from './rclone.ts';
import { printJson, printTable, type Series } from './report.ts';
import { scenarios, type Scenario, type Stage } from './scenarios.ts';
import { openTarget, type Target } from './target.ts';
import type { Measured, Tool } from './tool.ts';

export interface AgainstOptions {
  /** As many as the scenario says unless given. */
  readonly files?: number | undefined;
  readonly rounds: number;
  /** Of the storage to write to, with a key; an embedded Azurite without it. */
  readonly storage?: string | undefined;
  readonly json: boolean;
  /** Directory for a profile of the worker, which slows it a little. */
  readonly profile?: string | undefined;
}

const dataDir = fileURLToPath(new URL('../../.data', import.meta.url));

/** Measures this project against rclone and azcopy, where they can be had, in turn on the same tree and storage. */
export async function benchAgainst(name: keyof typeof scenarios, options: AgainstOptions): Promise<void> {
  const scenario: Scenario = scenarios[name];
  const { rounds, storage, json, profile, files = scenario.files } = options;
  const directory = await realpath(await mkdtemp(join(tmpdir(), 'durable-backup-bench-')));
  const closing: (() => Promise<void>)[] = [() => rm(directory, { recursive: true, force: true })];
  try {
    const target = await openTarget(directory, storage);
    closing.push(target.close);
    const stage = { target, tree: join(directory, 'tree'), into: join(directory, 'restored'), files };
    await scenario.writeTree(stage.tree, files);
    const tools = await openTools(directory, target, closing, profile);
    const series = await playRounds(scenario, stage, tools, rounds);
    (json ? printJson : printTable)(scenario.title(files), series);
  } finally {
    for (const close of closing.toReversed()) await close();
  }
}

async function openTools(
  directory: string,
  target: Target,
  closing: (() => Promise<void>)[],
  profile: string | undefined,
): Promise<Tool[]> {
  const id = randomUUID().slice(0, 8);
  const container = async (tool: string) => {
    const chosen = `bench-${id}-${tool}`;
    await target.empty(chosen);
    closing.push(() => target.remove(chosen));
    return chosen;
  };
  const tools: Tool[] = [];
  const add = (tool: Tool | undefined) => {
    if (tool === undefined) return;
    closing.push(tool.close);
    tools.push(tool);
  };
  add(await openProduct(directory, target, await container('ours'), profile));
  add(await openRclone(dataDir, target, await container('rclone')));
  add(await openAzcopy(dataDir, directory, target, await container('azcopy')));
  return tools;
}

/** The first round is not counted: caches are cold in it, and code is not compiled yet. Every round begins with another tool. */
async function playRounds(scenario: Scenario, stage: Stage, tools: readonly Tool[], rounds: number): Promise<Series[]> {
  const measured = new Map<Tool, Measured[]>(tools.map((tool) => [tool, []]));
  for (const tool of tools) await scenario.prepare(tool, stage);
  for (let round = 0; round <= rounds; round += 1) {
    for (let i = 0; i < tools.length; i += 1) {
      const tool = tools[(round + i) % tools.length];
      if (tool === undefined) continue;
      // What one leaves to be written to disk shall not slow the next.
      await runCommand('sync', [], { timeout: 60_000 });
      const result = await scenario.round(tool, stage);
      console.error(`round ${round}, ${tool.name}: ${result.seconds.toFixed(2)} s`);
      if (round > 0) measured.get(tool)?.push(result);
    }
  }
  return tools.map((tool) => ({ tool, runs: measured.get(tool) ?? [] }));
}
