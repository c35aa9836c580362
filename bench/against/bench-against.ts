import { join } from 'node:path';
import { runCommand } from '../../src/embedded/programs.ts';
import type { BenchOptions } from '../bench-options.ts';
import type { Closing } from '../closing.ts';
import { openScratch } from '../scratch.ts';
import { within } from '../within.ts';
import { createBenchKit, type BenchKit } from './bench-kit.ts';
import { countsBetween } from './requests.ts';
import { openFreshAzurite } from './fresh-azurite.ts';
import { printJson, printTable, type Series } from './report.ts';
import type { Scenario, Stage } from './scenarios.ts';
import { openTarget } from './target.ts';
import type { Measured, Uploader } from './tool.ts';

/** Measures the scenario's tools, those that can be had, in turn on the same tree and storage. */
export async function benchAgainst<T extends Uploader>(
  closing: Closing,
  scenario: Scenario<T>,
  options: BenchOptions,
): Promise<void> {
  const { rounds = 3, storage, json, profile, limit, files = scenario.files } = options;
  const directory = await openScratch(closing);
  const target =
    scenario.target === 'fresh-azurite'
      ? await openFreshAzurite(closing)
      : await openTarget(closing, directory, { ...scenario.target, storage });
  const stage = { target, tree: join(directory, 'tree'), into: join(directory, 'restored'), files };
  await scenario.writeTree(stage.tree, files);
  const tools = await openTools(scenario, createBenchKit({ closing, directory, target, profile }));
  const series = await playRounds(scenario, stage, tools, { rounds, limit });
  const print = json ? printJson : printTable;
  print({ title: scenario.title(files), target: target.about, showsRequests: scenario.showsRequests === true }, series);
}

async function openTools<T extends Uploader>(scenario: Scenario<T>, kit: BenchKit): Promise<T[]> {
  const tools: T[] = [];
  for (const open of scenario.open) {
    const tool = await open(kit);
    if (tool !== undefined) tools.push(tool);
  }
  return tools;
}

/** The first round is not counted: caches are cold in it, and code is not compiled yet. Every round begins with another tool. */
async function playRounds<T extends Uploader>(
  scenario: Scenario<T>,
  stage: Stage,
  tools: readonly T[],
  { rounds, limit }: { readonly rounds: number; readonly limit: number },
): Promise<Series[]> {
  const measured = new Map<T, Measured[]>(tools.map((tool) => [tool, []]));
  for (const tool of tools) {
    if (scenario.prepare) await within(limit, `what ${tool.name} prepares`, scenario.prepare(tool, stage));
  }
  for (let round = 0; round <= rounds; round += 1) {
    const first = round % tools.length;
    for (const tool of [...tools.slice(first), ...tools.slice(0, first)]) {
      const ownStage = { ...stage, into: join(stage.into, `${round}-${tool.container}`) };
      const result = await within(limit, `round ${round} of ${tool.name}`, playRound(scenario, ownStage, tool));
      console.error(`round ${round}, ${tool.name}: ${result.seconds.toFixed(2)} s`);
      if (round > 0) measured.get(tool)?.push(result);
    }
  }
  return tools.map((tool) => ({ tool, runs: measured.get(tool) ?? [] }));
}

async function playRound<T extends Uploader>(scenario: Scenario<T>, stage: Stage, tool: T): Promise<Measured> {
  await scenario.set?.(tool, stage);
  // What one leaves to be written to disk shall not slow the next.
  await runCommand('sync', [], { timeout: 60_000 });
  const before = await stage.target.counts?.();
  const measured = await scenario.play(tool, stage);
  const after = await stage.target.counts?.();
  await scenario.strike?.(tool, stage);
  return { ...measured, ...(before && after && { requests: countsBetween(before, after) }) };
}
