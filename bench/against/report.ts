import { median } from '../median.ts';
import { load, machine } from '../machine.ts';
import { printRows } from '../print-rows.ts';
import { timing } from './product.ts';
import { allRequests, kindsOf } from './requests.ts';
import type { Measured, Uploader } from './tool.ts';

/** The counted runs of a tool, in the order of the rounds. */
export interface Series {
  readonly tool: Uploader;
  readonly runs: readonly Measured[];
}

export interface Heading {
  readonly title: string;
  /** Where the tools wrote. */
  readonly target: string;
  readonly showsRequests: boolean;
}

const headings = ['', 'median, s', 'least to most', 'first / it', 'client CPU, s', 'server CPU, s', 'peak RSS, MB'];

/** As JSON, each run as it was measured. */
export function printJson({ title, target }: Heading, series: readonly Series[]): void {
  const tools = series.map(({ tool: { name, version, how }, runs }) => ({ name, version, how, runs }));
  console.log(JSON.stringify({ title, target, timing, machine: machine(), load: load(), tools }, undefined, 2));
}

/** Medians and spread as tables in Markdown. The first series is the one that the others are compared with. */
export function printTable({ title, target, showsRequests }: Heading, series: readonly Series[]): void {
  const runs = series[0]?.runs ?? [];
  console.log(`${title}; ${runs.length} rounds after one to warm up, in turn. Target: ${target}.`);
  console.log(`${machine()}; load average at the end ${load().join(', ')}.\n`);
  for (const { tool } of series) console.log(`- ${tool.name} ${tool.version}: ${tool.how}`);
  console.log(`- ${timing}. The RSS of several workers is the sum of their peaks.\n`);
  const first = median(runs.map(({ seconds }) => seconds));
  printRows([headings, ...series.map((one) => figures(one, first))]);
  if (showsRequests) printRequests(series);
}

/** Of the last round. */
function printRequests(series: readonly Series[]): void {
  const counts = series.map(({ runs }) => runs.at(-1)?.requests).filter((requests) => requests !== undefined);
  if (counts.length < series.length) return;
  const kinds = kindsOf(counts).map((kind) => [kind, ...counts.map((one) => String(one[kind]?.requests ?? 0))]);
  console.log('');
  printRows([
    ['requests to the target', ...series.map(({ tool }) => tool.name)],
    ...kinds,
    ['all', ...counts.map((one) => String(allRequests(one)))],
  ]);
}

function figures({ tool, runs }: Series, first: number): string[] {
  const seconds = runs.map((run) => run.seconds);
  return [
    tool.name,
    median(seconds).toFixed(2),
    `${Math.min(...seconds).toFixed(2)} to ${Math.max(...seconds).toFixed(2)}`,
    (first / median(seconds)).toFixed(2),
    middle(runs, ({ cpuSeconds }) => cpuSeconds)?.toFixed(1) ?? '–',
    middle(runs, ({ serverCpuSeconds }) => serverCpuSeconds)?.toFixed(1) ?? '–',
    middle(runs, ({ peakBytes }) => peakBytes && peakBytes / 1e6)?.toFixed(0) ?? '–',
  ];
}

function middle(runs: readonly Measured[], pick: (run: Measured) => number | undefined): number | undefined {
  const known = runs.map(pick).filter((value) => value !== undefined);
  return known.length === 0 ? undefined : median(known);
}
