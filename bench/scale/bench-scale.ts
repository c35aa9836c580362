import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createBenchKit } from '../against/bench-kit.ts';
import { keepsNoContent } from '../against/scenarios.ts';
import { openService } from '../against/service.ts';
import { openTarget } from '../against/target.ts';
import type { BenchOptions } from '../bench-options.ts';
import type { Closing } from '../closing.ts';
import { load, machine } from '../machine.ts';
import { printRows } from '../print-rows.ts';
import { openScratch } from '../scratch.ts';
import { writeManyFiles } from '../trees.ts';
import { within } from '../within.ts';
import { drawChart } from './draw-chart.ts';
import { runOnce, type ScaleRun } from './run-once.ts';

/** A run with what it shows beside a tenth of its files. */
interface Compared extends ScaleRun {
  /** Time a file, compared with the smaller run: 1 where time grows with the number of files. */
  readonly ratioToLinear?: number;
}

/** Backs up a number of files and ten times as many, and shows whether time, memory and histories grow with them. */
export async function benchScale(closing: Closing, options: BenchOptions): Promise<void> {
  const { files = 1_000_000, storage, oneDirectory, json, profile, limit, chart } = options;
  const directory = await openScratch(closing);
  const target = await openTarget(closing, directory, { ...keepsNoContent, storage });
  const service = await openService(createBenchKit({ closing, directory, target, profile }), 1);
  const measure = async (count: number) => {
    const tree = join(directory, `tree-${count}`);
    await writeManyFiles(tree, count, oneDirectory);
    await target.empty(service.container);
    console.error(`backing up ${count} files`);
    return within(limit, `the backup of ${count} files`, runOnce(service, tree, count));
  };
  const tenth = Math.max(1, Math.round(files / 10));
  // Code is not compiled yet.
  await measure(Math.max(1, Math.round(tenth / 10)));
  const smaller = await measure(tenth);
  const larger = await measure(files);
  const ratioToLinear = larger.seconds / larger.files / (smaller.seconds / smaller.files);
  const runs: Compared[] = [smaller, { ...larger, ratioToLinear }];
  const where = oneDirectory ? 'all in one directory' : 'a hundred in each directory';
  const title = `First backup of files of 0 to 4 KB, ${where}, by one worker`;
  if (chart !== undefined) await writeFile(chart, drawRuns(title, runs));
  if (json) console.log(JSON.stringify({ title, target: target.about, machine: machine(), load: load(), runs }));
  else
    printRuns(`${title}. Target: ${target.about}.\n${machine()}; load average at the end ${load().join(', ')}.`, runs);
}

function printRuns(heading: string, runs: readonly Compared[]): void {
  console.log(`${heading}\n`);
  printRows([
    ['files', 'seconds', 'files/s', 'ratio to linear', 'peak RSS, MB', 'executions', 'events', 'most in one'],
    ...runs.map((run) => [
      String(run.files),
      run.seconds.toFixed(1),
      (run.files / run.seconds).toFixed(0),
      run.ratioToLinear?.toFixed(2) ?? '–',
      run.peakBytes === undefined ? '–' : (run.peakBytes / 1e6).toFixed(0),
      String(run.events.length),
      String(run.events.reduce((sum, events) => sum + events, 0)),
      String(Math.max(...run.events)),
    ]),
  ]);
}

function drawRuns(title: string, runs: readonly Compared[]): string {
  const lines = (pick: (sample: ScaleRun['samples'][number]) => number) =>
    runs.map(({ files, samples }) => ({
      name: `${files} files`,
      points: samples.map((sample) => ({ x: sample.seconds, y: pick(sample) })),
    }));
  return drawChart(title, 'seconds since the start', [
    { label: "worker's RSS, MB", lines: lines(({ residentBytes }) => residentBytes / 1e6) },
    { label: 'events in the history of the execution', lines: lines(({ events }) => events) },
  ]);
}
