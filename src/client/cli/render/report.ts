import { printable, printableJson, printableLines } from '../../../lib/printable.ts';
import type { FileFailure } from '../../../contracts/job.ts';
import type { FailureType } from '../../../contracts/failures.ts';
import type { JobResult } from '../../jobs/job.ts';
import { formatCount } from './format.ts';

/** What a report needs beside the result. */
export interface ReportContext {
  readonly instanceId: string;
  /** Milliseconds since the command began to wait. */
  readonly duration: number;
  /** Where the blobs are, when this process knows the storage account. */
  readonly storageUrl?: string;
  /** Where they are on this machine, when the embedded storage has them, whose address lasts as long as the command. */
  readonly dataDir?: string;
  /** How to see the run in Temporal's Web UI. */
  readonly webUi?: string;
  /** Whether it is also said where all of it is kept. */
  readonly verbose: boolean;
  /** Whether this process ran the worker though others could have, as the command that goes on has to. */
  readonly ownWorker?: boolean;
}

/** How the jobs of one kind are reported. */
export interface ReportKind<S extends object> {
  /** The summary that a job left, whether or not every file made it; undefined when it came to none. */
  readonly summaryOf: (result: JobResult) => S | undefined;
  /** The counts, in JSON, of a job that left no summary. */
  readonly nothing: Readonly<Record<string, number>>;
  /** What came of it, and then what the reader needs next. */
  readonly lines: (summary: S, context: ReportContext) => string[];
  /** Where it is kept. */
  readonly details: (summary: S) => string[];
  /** What is left of a cancelled job, and what the next one makes of it. */
  readonly canceled: string;
  /** What running the command again does after it was left. */
  readonly again: string;
}

/** The summary in a result, of a job that fails with one of these types when it came to its end and is no success. */
export function summaryIn(result: JobResult, ...ended: FailureType[]): object | undefined {
  const found = result.status === 'Completed' ? result.output : detailOf(result, ended);
  // The original sample's orchestration returns a number.
  return typeof found === 'object' && found !== null ? found : undefined;
}

function detailOf(result: JobResult, ended: readonly string[]): unknown {
  return result.status === 'Failed' && ended.includes(result.failure.type) ? result.failure.details[0] : undefined;
}

/** One JSON object, for programs. */
export function reportJson<S extends object>(
  result: JobResult,
  kind: ReportKind<S>,
  { instanceId, duration, storageUrl, dataDir }: ReportContext,
): string {
  const error = errorOf(result);
  // What names a run is called the same wherever the command line prints it.
  const { runId: run, ...summary }: { runId?: string } = kind.summaryOf(result) ?? kind.nothing;
  return printableJson({
    instanceId,
    status: result.status,
    ...(run !== undefined && { run }),
    ...summary,
    ...(error !== undefined && { error }),
    durationMs: Math.round(duration),
    ...(storageUrl !== undefined && { storageUrl }),
    ...(dataDir !== undefined && { dataDir }),
  });
}

/** The one JSON object of a command that has no result to report. */
export function errorJson(status: 'Failed' | 'Interrupted', error: string, instanceId?: string): string {
  return printableJson({ ...(instanceId !== undefined && { instanceId }), status, error });
}

/** Lines for people. */
export function reportText<S extends object>(result: JobResult, kind: ReportKind<S>, context: ReportContext): string {
  const summary = kind.summaryOf(result);
  const lines = summary ? kind.lines(summary, context) : [sentenceOf(result, kind)];
  const { verbose, instanceId, storageUrl, dataDir, webUi } = context;
  if (verbose) {
    if (summary) lines.push(...kind.details(summary));
    if (storageUrl !== undefined && dataDir === undefined) lines.push(`  blobs     ${storageUrl}`);
  }
  if (verbose || !summary) lines.push(`  instance  ${instanceId}`);
  if (verbose && webUi !== undefined) lines.push(`  history   ${webUi}`);
  return lines.join('\n');
}

function sentenceOf<S extends object>(result: JobResult, kind: ReportKind<S>): string {
  if (result.status === 'Completed') return `Completed: ${JSON.stringify(result.output)}`;
  return printableLines(errorOf(result) ?? `Canceled: ${kind.canceled}`);
}

function errorOf(result: JobResult): string | undefined {
  if (result.status === 'Failed') return result.failure.message;
  return result.status === 'Terminated' ? `Terminated: ${result.reason}` : undefined;
}

/** The failures that a summary names, and what names the rest of them: the ledger of that id. */
export function failureLines(failed: number, failures: readonly FileFailure[], id: string): string[] {
  const unnamed = failed - failures.length;
  return [
    ...failures.map(({ path, reason }) => `    ${printable(path)}: ${printable(reason)}`),
    ...(unnamed > 0 ? [`    and ${formatCount(unnamed)} more, which \`durable-backup ledger ${id}\` names`] : []),
  ];
}
