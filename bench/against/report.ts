import { cpus, loadavg } from 'node:os';
import { median } from '../median.ts';
import type { Measured, Tool } from './tool.ts';

/** The counted runs of a tool, in the order of the rounds. */
export interface Series {
  readonly tool: Tool;
  readonly runs: readonly Measured[];
}

const headings = ['', 'median, s', 'least to most', 'ours / it', 'client CPU, s', 'server CPU, s', 'peak RSS, MB'];

/** As JSON, each run as it was measured. */
export function printJson(title: string, series: readonly Series[]): void {
  const tools = series.map(({ tool: { name, version, how }, runs }) => ({ name, version, how, runs }));
  console.log(JSON.stringify({ title, machine: machine(), load: load(), tools }, undefined, 2));
}

/** Medians and spread as a table in Markdown. The first series is the one that the others are compared with. */
export function printTable(title: string, series: readonly Series[]): void {
  const runs = series[0]?.runs ?? [];
  console.log(`${title}; ${runs.length} rounds after one to warm up, in turn.`);
  console.log(`${machine()}; load average at the end ${load().join(', ')}.\n`);
  for (const { tool } of series) console.log(`- ${tool.name} ${tool.version}: ${tool.how}`);
  console.log(`\n${row(headings)}\n${row(headings.map(() => '---'))}`);
  const ours = median(runs.map(({ seconds }) => seconds));
  for (const one of series) console.log(row(figures(one, ours)));
}

function machine(): string {
  return `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, Node ${process.versions.node}`;
}

function load(): number[] {
  return loadavg().map((average) => Number(average.toFixed(1)));
}

function figures({ tool, runs }: Series, ours: number): string[] {
  const seconds = runs.map((run) => run.seconds);
  return [
    tool.name,
    median(seconds).toFixed(2),
    `${Math.min(...seconds).toFixed(2)} to ${Math.max(...seconds).toFixed(2)}`,
    (ours / median(seconds)).toFixed(2),
    middle(runs, ({ cpuSeconds }) => cpuSeconds)?.toFixed(1) ?? '–',
    middle(runs, ({ serverCpuSeconds }) => serverCpuSeconds)?.toFixed(1) ?? '–',
    middle(runs, ({ peakBytes }) => peakBytes && peakBytes / 1e6)?.toFixed(0) ?? '–',
  ];
}

function middle(runs: readonly Measured[], pick: (run: Measured) => number | undefined): number | undefined {
  const known = runs.map(pick).filter((value) => value !== undefined);
  return known.length === 0 ? undefined : median(known);
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}
